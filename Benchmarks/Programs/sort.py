# NumPy's own loops: sorts, searches and masks.
import numpy

numbers = numpy.arange(1, 400_001, dtype=numpy.uint64) * 2_654_435_761 % 4_294_967_291
small, halves = numbers.astype(numpy.uint32), numbers / 2
for values in (numbers, small, halves):
    ordered = numpy.sort(values)
    print(ordered[200_000], numpy.searchsorted(ordered, values[:50_000]).sum())
print(numpy.argsort(small, kind="stable")[:5], numpy.unique(small % 1009).size)
print(halves[(halves > 1e9) & (small % 3 == 0)].sum())
