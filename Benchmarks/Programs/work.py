# Arithmetic on small and large integers, JSON both ways, regular expressions.
import json
import re

total = 0
for number in range(250_000):
    total = (total * 31 + number * number) % 1_000_003
print(total, sum(map(int, str(3**8_000))))

records = [{"id": n, "name": f"row {n}", "half": n / 2, "tags": ["a", str(n % 7)]} for n in range(2_500)]
for _ in range(5):
    text = json.dumps(records)
    records = json.loads(text)
print(len(text), sum(record["half"] for record in records))

words = " ".join(f"user{n}@host{n % 97}.example.org, +{n * 7919 % 100_000:05d};" for n in range(8_000))
print(len(re.findall(r"(\w+)@(\w+)\.example\.org", words)), len(re.sub(r"\d{3,5};", "-", words)))
print(sum(len(match[0]) for match in re.finditer(r"(?:[a-z]+(\d+)|\+)", words)))
