# Limit: 240
# Shows: gcc and make: a C project of several files is compiled, linked (dynamic, static, shared library) and run
cat >main.c <<'C'
#include <stdio.h>
#include <pthread.h>
#include <math.h>
#include "part.h"
static void *thread(void *p) { *(double *)p = sqrt(2) * triple(7); return 0; }
int main(void) {
  pthread_t t; double r;
  pthread_create(&t, 0, thread, &r); pthread_join(t, 0);
  printf("%d %.6f %s\n", triple(14), r, __VERSION__);
  return 0;
}
C
cat >part.c <<'C'
#include "part.h"
int triple(int x) { return 3 * x; }
C
echo 'int triple(int);' >part.h
cat >Makefile <<'MAKE'
CFLAGS = -O2 -Wall -Werror
all: dynamic static shared
main.o part.o: part.h
dynamic: main.o part.o
	$(CC) -o $@ $^ -lm -pthread
static: main.o part.o
	$(CC) -static -o $@ $^ -lm -pthread
libpart.so: part.c part.h
	$(CC) -shared -fPIC $(CFLAGS) -o $@ part.c
shared: main.o libpart.so
	$(CC) -o $@ main.o -L. -lpart -lm -pthread -Wl,-rpath,'$$ORIGIN'
MAKE
make -j3 >log 2>&1 || { cat log; exit 1; }
./dynamic
./static
./shared
make -q && echo "up to date"
touch part.c
make 2>&1 | grep -c part.o
