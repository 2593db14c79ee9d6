# Shows: numpy: its own tests of linear algebra, Fourier transforms and polynomials
# Every: 20000
# Limit: 1200
export OPENBLAS_NUM_THREADS=2
# The generalized cases are the same on stacks of matrices, and take ten times as long.
python3 -m pytest -q -p no:cacheprovider -W ignore -k 'not generalized' --pyargs \
  numpy.linalg.tests.test_linalg numpy.fft.tests numpy.polynomial.tests.test_polynomial >log 2>&1 || { tail -40 log; exit 1; }
tail -1 log | sed 's/ in .*//'
