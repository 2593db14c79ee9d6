# Arrays and strings.
BEGIN {
    for (n = 1; n <= 110000; n++) {
        key = "key" (n * 7919 % 10007)
        count[key]++
        text[key] = substr(text[key] toupper(key) n, 1, 40)
    }
    for (key in count) {
        total += count[key] * length(text[key])
        if (index(text[key], "KEY1")) ones++
    }
    for (n = 1; n <= 10000; n++) {
        fields = split("a,b,c,d,e,f,g," n, part, ",")
        line = sprintf("%s-%05d-%s", part[1], part[fields], line)
        line = substr(line, 1, 200)
        gsub(/0+/, "o", line)
        same += line ~ /o1.*o2/
    }
    print length(count), total, ones, same, line
}
