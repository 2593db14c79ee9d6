import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Collections, strings, streams and arithmetic: interpreted first, then compiled by HotSpot. */
public class Work {
  private static int fibonacci(int n) {
    return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2);
  }

  public static void main(String[] arguments) {
    System.out.println(fibonacci(26));
    Map<String, Integer> counts = new HashMap<>();
    for (int n = 1; n <= 20_000; n++) counts.merge("key" + n * 7919L % 1009, n, Integer::sum);
    var keys = new ArrayList<>(counts.keySet());
    Collections.sort(keys);
    System.out.println(keys.get(500) + " " + counts.get(keys.get(500)));
    var text = IntStream.range(0, 2000).mapToObj(n -> "user" + n + "@host" + n % 97).collect(Collectors.joining(" "));
    var matcher = Pattern.compile("(\\w+)@host(\\d+)").matcher(text);
    long sum = 0;
    while (matcher.find()) sum += Integer.parseInt(matcher.group(2));
    double series = 0;
    for (int n = 1; n <= 1_000_000; n++) series += 1.0 / ((double) n * n);
    System.out.println(sum + " " + Math.round(series * 1e9));
  }
}
