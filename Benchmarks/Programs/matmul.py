# OpenBLAS, which sums in an order of the processor's: six digits are the same everywhere.
import numpy

size = 400
rows, columns = numpy.indices((size, size))
left, right = numpy.cos(rows * 7 + columns), numpy.sin(rows - columns * 3)
product = left
for _ in range(2):
    product = (product @ right) / size + left
print(f"{product.trace():.6g} {numpy.abs(product).max():.6g} {product[5, 7]:.6g}")
