# Shows: scipy: its own tests of optimisation, interpolation, integration, linear algebra and signals
# Every: 20000
# Limit: 1800
export OPENBLAS_NUM_THREADS=2
python3 -c 'import scipy.optimize, scipy.stats; print(scipy.optimize.brentq(lambda x: x * x - 2, 0, 2))'
python3 -m pytest -q -p no:cacheprovider -W ignore --pyargs scipy.optimize.tests.test_zeros \
  scipy.interpolate.tests.test_fitpack2 scipy.integrate.tests.test_quadrature \
  scipy.linalg.tests.test_decomp_cholesky scipy.signal.tests.test_wavelets >log 2>&1 ||
  { tail -40 log; exit 1; }
tail -1 log | sed 's/ in .*//'
