# Shows: OpenJDK 17: javac; threads, streams, regular expressions, string searches and exceptions, compiled by HotSpot and interpreted
# Every: 20000
# Limit: 900
export PATH=$(echo /usr/lib/jvm/java-17-openjdk-*/bin):$PATH
cat >Main.java <<'JAVA'
import java.util.*;
import java.util.concurrent.*;
import java.util.regex.*;
import java.util.stream.*;

public class Main {
  /** String.indexOf, which HotSpot does with vector instructions, against a plain loop. */
  static int find(String text, String word) {
    for (int i = 0; i + word.length() <= text.length(); i++)
      if (text.regionMatches(i, word, 0, word.length())) return i;
    return -1;
  }

  public static void main(String[] arguments) throws Exception {
    int rounds = Integer.parseInt(arguments[0]);
    var random = new Random(7);
    int wrong = 0;
    for (int i = 0; i < rounds; i++) {
      var text = new StringBuilder();
      for (int n = random.nextInt(60) + 1; n > 0; n--) text.append((char) ('a' + random.nextInt(3)));
      int start = random.nextInt(text.length());
      var word = text.substring(start, Math.min(text.length(), start + 1 + random.nextInt(9)));
      if (text.toString().indexOf(word) != find(text.toString(), word)) wrong++;
    }
    System.out.println("wrong searches: " + wrong);
    var pool = Executors.newFixedThreadPool(4);
    var sums = new ArrayList<Future<Long>>();
    for (int i = 0; i < 8; i++) {
      long from = i * 1000L;
      sums.add(pool.submit(() -> LongStream.range(from, from + 1000).map(x -> x * x).sum()));
    }
    long sum = 0;
    for (var part : sums) sum += part.get();
    pool.shutdown();
    System.out.println("sum of squares: " + sum);
    var counts = IntStream.range(0, rounds).boxed()
        .collect(Collectors.groupingBy(i -> i % 7, TreeMap::new, Collectors.counting()));
    System.out.println(counts);
    var matcher = Pattern.compile("(\\w+)@(\\w+)\\.org").matcher("you@there.org, me@here.org");
    while (matcher.find()) System.out.println(matcher.group(2) + " " + matcher.group(1));
    try {
      Object[] array = new Integer[1];
      array[0] = "text";
    } catch (ArrayStoreException e) { System.out.println(e.getMessage()); }
    try { deep(0); } catch (StackOverflowError e) { System.out.println("stack overflow"); }
    System.out.printf("%.10f %x%n", Math.sin(1) * Math.pow(1.1, 20), Double.doubleToLongBits(1 / 3.0));
  }

  static int deep(int n) { return deep(n + 1) + 1; }
}
JAVA
javac Main.java
java -Xmx256m Main 20000
java -Xmx256m -Xint -Xss512k Main 300
