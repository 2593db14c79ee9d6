# Writes as many digits of π as its argument says, one by one: work that can be suspended anywhere.
import sys


def digits():
    q, r, t, k, n, l = 1, 0, 1, 1, 3, 3
    while True:
        if 4 * q + r - t < n * t:
            yield n
            q, r, n = 10 * q, 10 * (r - n * t), (10 * (3 * q + r)) // t - 10 * n
        else:
            q, r, t, k, n, l = (q * k, (2 * q + r) * l, t * l, k + 1,
                                (q * (7 * k + 2) + r * l) // (t * l), l + 2)


for i, d in zip(range(int(sys.argv[1])), digits()):
    sys.stdout.write(str(d))
    sys.stdout.flush()
print()
