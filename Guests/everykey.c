// Every key in every mode of a terminal: what a program reads, and what is shown; and what is shown of what a program writes.
// QEMU: qemu-user 7.2 does not know all of the modes.
#include "matrix.h"
#include "pty.h"

static const struct table expected[] = {
  {"usual",
   "aB_b^@c^M^J^M^J|aB_b^@c^J^J aB_b^Ac^M^J^M^J|aB_b^Ac^J^J aB_b^Bc^M^J^M^J|aB_b^Bc^J^J ^Cc^M^J^M^J|c^J^J "
   "aB_bc^M^J^M^J|aB_bc^J^J aB_b^Ec^M^J^M^J|aB_b^Ec^J^J aB_b^Fc^M^J^M^J|aB_b^Fc^J^J aB_b^Gc^M^J^M^J|aB_b^Gc^J^J "
   "aB_b^Hc^M^J^M^J|aB_b^Hc^J^J aB_b^Ic^M^J^M^J|aB_b^Ic^J^J aB_b^M^Jc^M^J^M^J|aB_b^Jc^J^J aB_b^Kc^M^J^M^J|aB_b^Kc^J^J "
   "aB_b^Lc^M^J^M^J|aB_b^Lc^J^J aB_b^M^Jc^M^J^M^J|aB_b^Jc^J^J aB_b^Nc^M^J^M^J|aB_b^Nc^J^J aB_b^Oc^M^J^M^J|aB_b^Oc^J^J "
   "aB_b^Pc^M^J^M^J|aB_b^Pc^J^J aB_bc^M^J^M^J|aB_bc^J^J aB_b^R^M^JaB_bc^M^J^M^J|aB_bc^J^J |aB_bc^J^J |aB_b^Tc^J^J "
   "|c^J^J |aB_bc^J^J |aB_c^J^J |aB_b^Xc^J^J |aB_b^Yc^J^J ^Zc^M^J^M^J|c^J^J aB_b^[c^M^J^M^J|aB_b^[c^J^J "
   "^<5c>c^M^J^M^J|c^J^J aB_b^]c^M^J^M^J|aB_b^]c^J^J aB_b^^c^M^J^M^J|aB_b^^c^J^J aB_b^_c^M^J^M^J|aB_b^_c^J^J "
   "aB_b^H_^Hc^M^J^M^J|aB_c^J^J aB_b_c^M^J^M^J|aB_b_c^J^J aB_bQc^M^J^M^J|aB_bQc^J^J aB_b~c^M^J^M^J|aB_b~c^J^J "
   "aB_b<e9>c^M^J^M^J|aB_b<e9>c^J^J aB_b<ff>c^M^J^M^J|aB_b<ff>c^J^J aB_bZc^M^J^M^J|aB_bZc^J^J "
   "aB_bbc^M^J^M^J|aB_bbc^J^J aB_b^c^M^J^M^J|aB_b^c^J^J ab^M^Jcd ab^Mcd ^Mx a^Ib abcdefgh^Ib a^Hb^I<7c> ^L^K^G ^[[A "
   "<c3><a9>Z a^M^M^J^M^M^J ^M^J^M^J^I"},
  {"silent",
   "|aB_b^@c^J^J |aB_b^Ac^J^J |aB_b^Bc^J^J |c^J^J |aB_bc^J^J |aB_b^Ec^J^J |aB_b^Fc^J^J |aB_b^Gc^J^J |aB_b^Hc^J^J "
   "|aB_b^Ic^J^J |aB_b^Jc^J^J |aB_b^Kc^J^J |aB_b^Lc^J^J |aB_b^Jc^J^J |aB_b^Nc^J^J |aB_b^Oc^J^J |aB_b^Pc^J^J "
   "|aB_bc^J^J |aB_b^Rc^J^J |aB_bc^J^J |aB_b^Tc^J^J |c^J^J |aB_bc^J^J |aB_c^J^J |aB_b^Xc^J^J |aB_b^Yc^J^J |c^J^J "
   "|aB_b^[c^J^J |c^J^J |aB_b^]c^J^J |aB_b^^c^J^J |aB_b^_c^J^J |aB_c^J^J |aB_b_c^J^J |aB_bQc^J^J |aB_b~c^J^J "
   "|aB_b<e9>c^J^J |aB_b<ff>c^J^J |aB_bZc^J^J |aB_bbc^J^J |aB_b^c^J^J ab^M^Jcd ab^Mcd ^Mx a^Ib abcdefgh^Ib a^Hb^I<7c> "
   "^L^K^G ^[[A <c3><a9>Z a^M^M^J^M^M^J ^M^J^M^J^I"},
  {"plain echo",
   "aB_b^@c^M^J^M^J|aB_b^@c^J^J aB_b^Cc^M^J^M^J|aB_b^Cc^J^J aB_bc^M^J^M^J|aB_bc^J^J aB_b^Hc^M^J^M^J|aB_b^Hc^J^J "
   "aB_b^Ic^M^J^M^J|aB_b^Ic^J^J aB_b^M^Jc^M^J^M^J|aB_b^Jc^J^J aB_b^Lc^M^J^M^J|aB_b^Lc^J^J "
   "aB_b^M^Jc^M^J^M^J|aB_b^Jc^J^J aB_b^Qc^M^J^M^J|aB_b^Qc^J^J aB_b^R^M^JaB_bc^M^J^M^J|aB_bc^J^J "
   "aB_b^Sc^M^J^M^J|aB_b^Sc^J^J aB_b^Uc^M^J^M^J|c^J^J aB_bc^M^J^M^J|aB_bc^J^J aB_b^H_^Hc^M^J^M^J|aB_c^J^J "
   "aB_b^Zc^M^J^M^J|aB_b^Zc^J^J aB_b^/c^M^J^M^J|aB_b^/c^J^J aB_b^?c^M^J^M^J|aB_c^J^J aB_bQc^M^J^M^J|aB_bQc^J^J "
   "aB_b~c^M^J^M^J|aB_b~c^J^J aB_b<e9>c^M^J^M^J|aB_b<e9>c^J^J aB_b<ff>c^M^J^M^J|aB_b<ff>c^J^J "
   "aB_bbc^M^J^M^J|aB_bbc^J^J ab^M^Jcd ab^Mcd ^Mx a^Ib abcdefgh^Ib a^Hb^I<7c> ^L^K^G ^[[A <c3><a9>Z a^M^M^J^M^M^J "
   "^M^J^M^J^I"},
  {"echo of controls",
   "aB_b^@c^M^J^M^J|aB_b^@c^J^J aB_b^Cc^M^J^M^J|aB_b^Cc^J^J aB_bc^M^J^M^J|aB_bc^J^J aB_b^Hc^M^J^M^J|aB_b^Hc^J^J "
   "aB_b^Ic^M^J^M^J|aB_b^Ic^J^J aB_b^M^Jc^M^J^M^J|aB_b^Jc^J^J aB_b^Lc^M^J^M^J|aB_b^Lc^J^J "
   "aB_b^M^Jc^M^J^M^J|aB_b^Jc^J^J aB_b^Qc^M^J^M^J|aB_b^Qc^J^J aB_b^R^M^JaB_bc^M^J^M^J|aB_bc^J^J "
   "aB_b^Sc^M^J^M^J|aB_b^Sc^J^J aB_b^Uc^M^J^M^J|c^J^J aB_b^^Hc^M^J^M^J|aB_bc^J^J aB_b^H_^Hc^M^J^M^J|aB_c^J^J "
   "aB_b^Zc^M^J^M^J|aB_b^Zc^J^J aB_b^<5c>c^M^J^M^J|aB_b^/c^J^J aB_b^?c^M^J^M^J|aB_c^J^J aB_bQc^M^J^M^J|aB_bQc^J^J "
   "aB_b~c^M^J^M^J|aB_b~c^J^J aB_b<e9>c^M^J^M^J|aB_b<e9>c^J^J aB_b<ff>c^M^J^M^J|aB_b<ff>c^J^J "
   "aB_bbc^M^J^M^J|aB_bbc^J^J ab^M^Jcd ab^Mcd ^Mx a^Ib abcdefgh^Ib a^Hb^I<7c> ^L^K^G ^[[A <c3><a9>Z a^M^M^J^M^M^J "
   "^M^J^M^J^I"},
  {"erasing echo",
   "aB_b^@c^M^J^M^J|aB_b^@c^J^J aB_b^Cc^M^J^M^J|aB_b^Cc^J^J aB_bc^M^J^M^J|aB_bc^J^J aB_b^Hc^M^J^M^J|aB_b^Hc^J^J "
   "aB_b^Ic^M^J^M^J|aB_b^Ic^J^J aB_b^M^Jc^M^J^M^J|aB_b^Jc^J^J aB_b^Lc^M^J^M^J|aB_b^Lc^J^J "
   "aB_b^M^Jc^M^J^M^J|aB_b^Jc^J^J aB_b^Qc^M^J^M^J|aB_b^Qc^J^J aB_b^R^M^JaB_bc^M^J^M^J|aB_bc^J^J "
   "aB_b^Sc^M^J^M^J|aB_b^Sc^J^J aB_b^Uc^M^J^M^J|c^J^J aB_bc^M^J^M^J|aB_bc^J^J aB_b^H_^Hc^M^J^M^J|aB_c^J^J "
   "aB_b^Zc^M^J^M^J|aB_b^Zc^J^J aB_b^/c^M^J^M^J|aB_b^/c^J^J aB_b^H_^Hc^M^J^M^J|aB_c^J^J aB_bQc^M^J^M^J|aB_bQc^J^J "
   "aB_b~c^M^J^M^J|aB_b~c^J^J aB_b<e9>c^M^J^M^J|aB_b<e9>c^J^J aB_b<ff>c^M^J^M^J|aB_b<ff>c^J^J "
   "aB_bbc^M^J^M^J|aB_bbc^J^J ab^M^Jcd ab^Mcd ^Mx a^Ib abcdefgh^Ib a^Hb^I<7c> ^L^K^G ^[[A <c3><a9>Z a^M^M^J^M^M^J "
   "^M^J^M^J^I"},
  {"killing echo",
   "aB_b^@c^M^J^M^J|aB_b^@c^J^J aB_b^Cc^M^J^M^J|aB_b^Cc^J^J aB_bc^M^J^M^J|aB_bc^J^J aB_b^Hc^M^J^M^J|aB_b^Hc^J^J "
   "aB_b^Ic^M^J^M^J|aB_b^Ic^J^J aB_b^M^Jc^M^J^M^J|aB_b^Jc^J^J aB_b^Lc^M^J^M^J|aB_b^Lc^J^J "
   "aB_b^M^Jc^M^J^M^J|aB_b^Jc^J^J aB_b^Qc^M^J^M^J|aB_b^Qc^J^J aB_b^R^M^JaB_bc^M^J^M^J|aB_bc^J^J "
   "aB_b^Sc^M^J^M^J|aB_b^Sc^J^J aB_b^U^M^Jc^M^J^M^J|c^J^J aB_bc^M^J^M^J|aB_bc^J^J aB_b^H_^Hc^M^J^M^J|aB_c^J^J "
   "aB_b^Zc^M^J^M^J|aB_b^Zc^J^J aB_b^/c^M^J^M^J|aB_b^/c^J^J aB_b^H_^Hc^M^J^M^J|aB_c^J^J aB_bQc^M^J^M^J|aB_bQc^J^J "
   "aB_b~c^M^J^M^J|aB_b~c^J^J aB_b<e9>c^M^J^M^J|aB_b<e9>c^J^J aB_b<ff>c^M^J^M^J|aB_b<ff>c^J^J "
   "aB_bbc^M^J^M^J|aB_bbc^J^J ab^M^Jcd ab^Mcd ^Mx a^Ib abcdefgh^Ib a^Hb^I<7c> ^L^K^G ^[[A <c3><a9>Z a^M^M^J^M^M^J "
   "^M^J^M^J^I"},
  {"printing echo",
   "aB_b^@c^M^J^M^J|aB_b^@c^J^J aB_b^Cc^M^J^M^J|aB_b^Cc^J^J aB_bc^M^J^M^J|aB_bc^J^J aB_b^Hc^M^J^M^J|aB_b^Hc^J^J "
   "aB_b^Ic^M^J^M^J|aB_b^Ic^J^J aB_b^M^Jc^M^J^M^J|aB_b^Jc^J^J aB_b^Lc^M^J^M^J|aB_b^Lc^J^J "
   "aB_b^M^Jc^M^J^M^J|aB_b^Jc^J^J aB_b^Qc^M^J^M^J|aB_b^Qc^J^J aB_b^R^M^JaB_bc^M^J^M^J|aB_bc^J^J "
   "aB_b^Sc^M^J^M^J|aB_b^Sc^J^J aB_b^Uc^M^J^M^J|c^J^J aB_b^^Hc^M^J^M^J|aB_bc^J^J aB_b<5c>b/c^M^J^M^J|aB_c^J^J "
   "aB_b^Zc^M^J^M^J|aB_b^Zc^J^J aB_b^<5c>c^M^J^M^J|aB_b^/c^J^J aB_b<5c>b/c^M^J^M^J|aB_c^J^J aB_bQc^M^J^M^J|aB_bQc^J^J "
   "aB_b~c^M^J^M^J|aB_b~c^J^J aB_b<e9>c^M^J^M^J|aB_b<e9>c^J^J aB_b<ff>c^M^J^M^J|aB_b<ff>c^J^J "
   "aB_bbc^M^J^M^J|aB_bbc^J^J ab^M^Jcd ab^Mcd ^Mx a^Ib abcdefgh^Ib a^Hb^I<7c> ^L^K^G ^[[A <c3><a9>Z a^M^M^J^M^M^J "
   "^M^J^M^J^I"},
  {"echo of lines",
   "^M^J^M^J|aB_b^@c^J^J ^M^J^M^J|aB_b^Cc^J^J ^M^J^M^J|aB_bc^J^J ^M^J^M^J|aB_b^Hc^J^J ^M^J^M^J|aB_b^Ic^J^J "
   "^M^J^M^J^M^J|aB_b^Jc^J^J ^M^J^M^J|aB_b^Lc^J^J ^M^J^M^J^M^J|aB_b^Jc^J^J ^M^J^M^J|aB_b^Qc^J^J ^M^J^M^J|aB_b^Rc^J^J "
   "^M^J^M^J|aB_b^Sc^J^J ^M^J^M^J|c^J^J ^M^J^M^J|aB_bc^J^J ^M^J^M^J|aB_c^J^J ^M^J^M^J|aB_b^Zc^J^J "
   "^M^J^M^J|aB_b^/c^J^J ^M^J^M^J|aB_c^J^J ^M^J^M^J|aB_bQc^J^J ^M^J^M^J|aB_b~c^J^J ^M^J^M^J|aB_b<e9>c^J^J "
   "^M^J^M^J|aB_b<ff>c^J^J ^M^J^M^J|aB_bbc^J^J ab^M^Jcd ab^Mcd ^Mx a^Ib abcdefgh^Ib a^Hb^I<7c> ^L^K^G ^[[A <c3><a9>Z "
   "a^M^M^J^M^M^J ^M^J^M^J^I"},
  {"without extensions",
   "aB_b^@c^M^J^M^J|aB_b^@c^J^J ^Cc^M^J^M^J|c^J^J aB_bc^M^J^M^J|aB_bc^J^J aB_b^Hc^M^J^M^J|aB_b^Hc^J^J "
   "aB_b^Ic^M^J^M^J|aB_b^Ic^J^J aB_b^M^Jc^M^J^M^J|aB_b^Jc^J^J aB_b^Lc^M^J^M^J|aB_b^Lc^J^J "
   "aB_b^M^Jc^M^J^M^J|aB_b^Jc^J^J aB_bc^M^J^M^J|aB_bc^J^J aB_b^Rc^M^J^M^J|aB_b^Rc^J^J |aB_bc^J^J |c^J^J |aB_b^Vc^J^J "
   "|aB_b^Wc^J^J ^Zc^M^J^M^J|c^J^J ^<5c>c^M^J^M^J|c^J^J aB_b^H_^Hc^M^J^M^J|aB_c^J^J aB_bQc^M^J^M^J|aB_bQc^J^J "
   "aB_b~c^M^J^M^J|aB_b~c^J^J aB_b<e9>c^M^J^M^J|aB_b<e9>c^J^J aB_b<ff>c^M^J^M^J|aB_b<ff>c^J^J "
   "aB_bbc^M^J^M^J|aB_bbc^J^J ab^M^Jcd ab^Mcd ^Mx a^Ib abcdefgh^Ib a^Hb^I<7c> ^L^K^G ^[[A <c3><a9>Z a^M^M^J^M^M^J "
   "^M^J^M^J^I"},
  {"without signals",
   "aB_b^@c^M^J^M^J|aB_b^@c^J^J aB_b^Cc^M^J^M^J|aB_b^Cc^J^J aB_bc^M^J^M^J|aB_bc^J^J aB_b^Hc^M^J^M^J|aB_b^Hc^J^J "
   "aB_b^Ic^M^J^M^J|aB_b^Ic^J^J aB_b^M^Jc^M^J^M^J|aB_b^Jc^J^J aB_b^Lc^M^J^M^J|aB_b^Lc^J^J "
   "aB_b^M^Jc^M^J^M^J|aB_b^Jc^J^J aB_b^Qc^M^J^M^J|aB_b^Qc^J^J aB_b^R^M^JaB_bc^M^J^M^J|aB_bc^J^J "
   "aB_b^Sc^M^J^M^J|aB_b^Sc^J^J aB_b^H_^H^H_^H^H_^H^H_^Hc^M^J^M^J|c^J^J aB_b^^Hc^M^J^M^J|aB_bc^J^J "
   "aB_b^H_^Hc^M^J^M^J|aB_c^J^J aB_b^Zc^M^J^M^J|aB_b^Zc^J^J aB_b^<5c>c^M^J^M^J|aB_b^/c^J^J "
   "aB_b^H_^Hc^M^J^M^J|aB_c^J^J aB_bQc^M^J^M^J|aB_bQc^J^J aB_b~c^M^J^M^J|aB_b~c^J^J aB_b<e9>c^M^J^M^J|aB_b<e9>c^J^J "
   "aB_b<ff>c^M^J^M^J|aB_b<ff>c^J^J aB_bbc^M^J^M^J|aB_bbc^J^J ab^M^Jcd ab^Mcd ^Mx a^Ib abcdefgh^Ib a^Hb^I<7c> ^L^K^G "
   "^[[A <c3><a9>Z a^M^M^J^M^M^J ^M^J^M^J^I"},
  {"signals without flushing",
   "aB_b^@c^M^J^M^J|aB_b^@c^J^J aB_b^Cc^M^J^M^J|aB_bc^J^J aB_bc^M^J^M^J|aB_bc^J^J aB_b^Hc^M^J^M^J|aB_b^Hc^J^J "
   "aB_b^Ic^M^J^M^J|aB_b^Ic^J^J aB_b^M^Jc^M^J^M^J|aB_b^Jc^J^J aB_b^Lc^M^J^M^J|aB_b^Lc^J^J "
   "aB_b^M^Jc^M^J^M^J|aB_b^Jc^J^J aB_b^Qc^M^J^M^J|aB_b^Qc^J^J aB_b^R^M^JaB_bc^M^J^M^J|aB_bc^J^J "
   "aB_b^Sc^M^J^M^J|aB_b^Sc^J^J aB_b^H_^H^H_^H^H_^H^H_^Hc^M^J^M^J|c^J^J aB_b^^Hc^M^J^M^J|aB_bc^J^J "
   "aB_b^H_^Hc^M^J^M^J|aB_c^J^J aB_b^Zc^M^J^M^J|aB_bc^J^J aB_b^<5c>c^M^J^M^J|aB_bc^J^J aB_b^H_^Hc^M^J^M^J|aB_c^J^J "
   "aB_bQc^M^J^M^J|aB_bQc^J^J aB_b~c^M^J^M^J|aB_b~c^J^J aB_b<e9>c^M^J^M^J|aB_b<e9>c^J^J "
   "aB_b<ff>c^M^J^M^J|aB_b<ff>c^J^J aB_bbc^M^J^M^J|aB_bbc^J^J ab^M^Jcd ab^Mcd ^Mx a^Ib abcdefgh^Ib a^Hb^I<7c> ^L^K^G "
   "^[[A <c3><a9>Z a^M^M^J^M^M^J ^M^J^M^J^I"},
  {"raw",
   "|aB_b^@c^M^J |aB_b^Cc^M^J |aB_b^Dc^M^J |aB_b^Hc^M^J |aB_b^Ic^M^J |aB_b^Jc^M^J |aB_b^Lc^M^J |aB_b^Mc^M^J "
   "|aB_b^Qc^M^J |aB_b^Rc^M^J |aB_b^Sc^M^J |aB_b^Uc^M^J |aB_b^Vc^M^J |aB_b^Wc^M^J |aB_b^Zc^M^J |aB_b^/c^M^J "
   "|aB_b^?c^M^J |aB_bQc^M^J |aB_b~c^M^J |aB_b<e9>c^M^J |aB_b<ff>c^M^J |aB_bbc^M^J ab^Jcd ab^Mcd ^Mx a^Ib abcdefgh^Ib "
   "a^Hb^I<7c> ^L^K^G ^[[A <c3><a9>Z a^M^J^M^J ^J^J^I"},
  {"raw with echo",
   "aB_b^@c^M^J|aB_b^@c^M^J aB_b^Cc^M^J|aB_b^Cc^M^J aB_b^Dc^M^J|aB_b^Dc^M^J aB_b^Hc^M^J|aB_b^Hc^M^J "
   "aB_b^Ic^M^J|aB_b^Ic^M^J aB_b^Jc^M^J|aB_b^Jc^M^J aB_b^Lc^M^J|aB_b^Lc^M^J aB_b^Mc^M^J|aB_b^Mc^M^J "
   "aB_b^Qc^M^J|aB_b^Qc^M^J aB_b^Rc^M^J|aB_b^Rc^M^J aB_b^Sc^M^J|aB_b^Sc^M^J aB_b^Uc^M^J|aB_b^Uc^M^J "
   "aB_b^Vc^M^J|aB_b^Vc^M^J aB_b^Wc^M^J|aB_b^Wc^M^J aB_b^Zc^M^J|aB_b^Zc^M^J aB_b^/c^M^J|aB_b^/c^M^J "
   "aB_b^?c^M^J|aB_b^?c^M^J aB_bQc^M^J|aB_bQc^M^J aB_b~c^M^J|aB_b~c^M^J aB_b<e9>c^M^J|aB_b<e9>c^M^J "
   "aB_b<ff>c^M^J|aB_b<ff>c^M^J aB_bbc^M^J|aB_bbc^M^J ab^Jcd ab^Mcd ^Mx a^Ib abcdefgh^Ib a^Hb^I<7c> ^L^K^G ^[[A "
   "<c3><a9>Z a^M^J^M^J ^J^J^I"},
  {"raw with controls",
   "aB_b^@c^M^J^J|aB_b^@c^J^J ^Cc^M^J^J|c^J^J aB_b^Dc^M^J^J|aB_b^Dc^J^J aB_b^Hc^M^J^J|aB_b^Hc^J^J "
   "aB_b^Ic^M^J^J|aB_b^Ic^J^J aB_b^Jc^M^J^J|aB_b^Jc^J^J aB_b^Lc^M^J^J|aB_b^Lc^J^J aB_b^M^Jc^M^J^J|aB_b^Jc^J^J "
   "aB_bc^M^J^J|aB_bc^J^J aB_b^Rc^M^J^J|aB_b^Rc^J^J |aB_bc^J^J |aB_b^Uc^J^J |aB_b^Vc^J^J |aB_b^Wc^J^J ^Zc^M^J^J|c^J^J "
   "^<5c>c^M^J^J|c^J^J aB_b^?c^M^J^J|aB_b^?c^J^J aB_bQc^M^J^J|aB_bQc^J^J aB_b~c^M^J^J|aB_b~c^J^J "
   "aB_b<e9>c^M^J^J|aB_b<e9>c^J^J aB_b<ff>c^M^J^J|aB_b<ff>c^J^J aB_bbc^M^J^J|aB_bbc^J^J ab^M^Jcd ab^Mcd ^Mx a^Ib "
   "abcdefgh^Ib a^Hb^I<7c> ^L^K^G ^[[A <c3><a9>Z a^M^M^J^M^M^J ^M^J^M^J^I"},
  {"without returns",
   "aB_b^@c^M^J|aB_b^@c^J ^Cc^M^J|c^J aB_bc^M^J|aB_bc^J aB_b^Hc^M^J|aB_b^Hc^J aB_b^Ic^M^J|aB_b^Ic^J "
   "aB_b^M^Jc^M^J|aB_b^Jc^J aB_b^Lc^M^J|aB_b^Lc^J aB_bc^M^J|aB_bc^J aB_b^Qc^M^J|aB_b^Qc^J aB_b^R^M^JaB_bc^M^J|aB_bc^J "
   "aB_b^Sc^M^J|aB_b^Sc^J aB_b^H_^H^H_^H^H_^H^H_^Hc^M^J|c^J aB_b^^Hc^M^J|aB_bc^J aB_b^H_^Hc^M^J|aB_c^J ^Zc^M^J|c^J "
   "^<5c>c^M^J|c^J aB_b^H_^Hc^M^J|aB_c^J aB_bQc^M^J|aB_bQc^J aB_b~c^M^J|aB_b~c^J aB_b<e9>c^M^J|aB_b<e9>c^J "
   "aB_b<ff>c^M^J|aB_b<ff>c^J aB_bbc^M^J|aB_bbc^J ab^M^Jcd ab^Mcd ^Mx a^Ib abcdefgh^Ib a^Hb^I<7c> ^L^K^G ^[[A "
   "<c3><a9>Z a^M^M^J^M^M^J ^M^J^M^J^I"},
  {"lines to returns",
   "aB_b^@c^M^M| ^Cc^M^M| aB_bc^M^M|aB_b aB_b^Hc^M^M| aB_b^Ic^M^M| aB_b^Mc^M^M| aB_b^Lc^M^M| aB_b^Mc^M^M| "
   "aB_b^Qc^M^M| aB_b^R^JaB_bc^M^M| aB_b^Sc^M^M| aB_b^H_^H^H_^H^H_^H^H_^Hc^M^M| aB_b^^Hc^M^M| aB_b^H_^Hc^M^M| "
   "^Zc^M^M| ^<5c>c^M^M| aB_b^H_^Hc^M^M| aB_bQc^M^M| aB_b~c^M^M|aB_b~ aB_b<e9>c^M^M| aB_b<ff>c^M^M| aB_bbc^M^M| "
   "ab^Jcd ab^Mcd ^Mx a^Ib abcdefgh^Ib a^Hb^I<7c> ^L^K^G ^[[A <c3><a9>Z a^M^J^M^J ^J^J^I"},
  {"both",
   "aB_b^@c^M^J^M|aB_b^@c^J ^Cc^M^J^M|c^J aB_bc^M^J^M|aB_bc^J aB_b^Hc^M^J^M|aB_b^Hc^J aB_b^Ic^M^J^M|aB_b^Ic^J "
   "aB_b^Mc^M^J^M|aB_b^Mc^J aB_b^Lc^M^J^M|aB_b^Lc^J aB_b^M^Jc^M^J^M|aB_b^Jc^J aB_b^Qc^M^J^M|aB_b^Qc^J "
   "aB_b^R^M^JaB_bc^M^J^M|aB_bc^J aB_b^Sc^M^J^M|aB_b^Sc^J aB_b^H_^H^H_^H^H_^H^H_^Hc^M^J^M|c^J aB_b^^Hc^M^J^M|aB_bc^J "
   "aB_b^H_^Hc^M^J^M|aB_c^J ^Zc^M^J^M|c^J ^<5c>c^M^J^M|c^J aB_b^H_^Hc^M^J^M|aB_c^J aB_bQc^M^J^M|aB_bQc^J "
   "aB_b~c^M^J^M|aB_b~c^J aB_b<e9>c^M^J^M|aB_b<e9>c^J aB_b<ff>c^M^J^M|aB_b<ff>c^J aB_bbc^M^J^M|aB_bbc^J ab^M^Jcd "
   "ab^Mcd ^Mx a^Ib abcdefgh^Ib a^Hb^I<7c> ^L^K^G ^[[A <c3><a9>Z a^M^M^J^M^M^J ^M^J^M^J^I"},
  {"seven bits",
   "aB_b^@c^M^J^M^J|aB_b^@c^J^J ^Cc^M^J^M^J|c^J^J aB_bc^M^J^M^J|aB_bc^J^J aB_b^Hc^M^J^M^J|aB_b^Hc^J^J "
   "aB_b^Ic^M^J^M^J|aB_b^Ic^J^J aB_b^M^Jc^M^J^M^J|aB_b^Jc^J^J aB_b^Lc^M^J^M^J|aB_b^Lc^J^J "
   "aB_b^M^Jc^M^J^M^J|aB_b^Jc^J^J aB_b^Qc^M^J^M^J|aB_b^Qc^J^J aB_b^R^M^JaB_bc^M^J^M^J|aB_bc^J^J "
   "aB_b^Sc^M^J^M^J|aB_b^Sc^J^J aB_b^H_^H^H_^H^H_^H^H_^Hc^M^J^M^J|c^J^J aB_b^^Hc^M^J^M^J|aB_bc^J^J "
   "aB_b^H_^Hc^M^J^M^J|aB_c^J^J ^Zc^M^J^M^J|c^J^J ^<5c>c^M^J^M^J|c^J^J aB_b^H_^Hc^M^J^M^J|aB_c^J^J "
   "aB_bQc^M^J^M^J|aB_bQc^J^J aB_b~c^M^J^M^J|aB_b~c^J^J aB_bic^M^J^M^J|aB_bic^J^J aB_b^H_^Hc^M^J^M^J|aB_c^J^J "
   "aB_bbc^M^J^M^J|aB_bbc^J^J ab^M^Jcd ab^Mcd ^Mx a^Ib abcdefgh^Ib a^Hb^I<7c> ^L^K^G ^[[A <c3><a9>Z a^M^M^J^M^M^J "
   "^M^J^M^J^I"},
  {"lower case",
   "ab_b^@c^M^J^M^J|ab_b^@c^J^J ^Cc^M^J^M^J|c^J^J ab_bc^M^J^M^J|ab_bc^J^J ab_b^Hc^M^J^M^J|ab_b^Hc^J^J "
   "ab_b^Ic^M^J^M^J|ab_b^Ic^J^J ab_b^M^Jc^M^J^M^J|ab_b^Jc^J^J ab_b^Lc^M^J^M^J|ab_b^Lc^J^J "
   "ab_b^M^Jc^M^J^M^J|ab_b^Jc^J^J ab_b^Qc^M^J^M^J|ab_b^Qc^J^J ab_b^R^M^Jab_bc^M^J^M^J|ab_bc^J^J "
   "ab_b^Sc^M^J^M^J|ab_b^Sc^J^J ab_b^H_^H^H_^H^H_^H^H_^Hc^M^J^M^J|c^J^J ab_b^^Hc^M^J^M^J|ab_bc^J^J "
   "ab_b^H_^Hc^M^J^M^J|ab_c^J^J ^Zc^M^J^M^J|c^J^J ^<5c>c^M^J^M^J|c^J^J ab_b^H_^Hc^M^J^M^J|ab_c^J^J "
   "ab_bqc^M^J^M^J|ab_bqc^J^J ab_b~c^M^J^M^J|ab_b~c^J^J ab_b<e9>c^M^J^M^J|ab_b<e9>c^J^J "
   "ab_b<ff>c^M^J^M^J|ab_b<ff>c^J^J ab_bbc^M^J^M^J|ab_bbc^J^J ab^M^Jcd ab^Mcd ^Mx a^Ib abcdefgh^Ib a^Hb^I<7c> ^L^K^G "
   "^[[A <c3><a9>Z a^M^M^J^M^M^J ^M^J^M^J^I"},
  {"UTF-8",
   "aB_b^@c^M^J^M^J|aB_b^@c^J^J ^Cc^M^J^M^J|c^J^J aB_bc^M^J^M^J|aB_bc^J^J aB_b^Hc^M^J^M^J|aB_b^Hc^J^J "
   "aB_b^Ic^M^J^M^J|aB_b^Ic^J^J aB_b^M^Jc^M^J^M^J|aB_b^Jc^J^J aB_b^Lc^M^J^M^J|aB_b^Lc^J^J "
   "aB_b^M^Jc^M^J^M^J|aB_b^Jc^J^J aB_b^Qc^M^J^M^J|aB_b^Qc^J^J aB_b^R^M^JaB_bc^M^J^M^J|aB_bc^J^J "
   "aB_b^Sc^M^J^M^J|aB_b^Sc^J^J aB_b^H_^H^H_^H^H_^H^H_^Hc^M^J^M^J|c^J^J aB_b^^Hc^M^J^M^J|aB_bc^J^J "
   "aB_b^H_^Hc^M^J^M^J|aB_c^J^J ^Zc^M^J^M^J|c^J^J ^<5c>c^M^J^M^J|c^J^J aB_b^H_^Hc^M^J^M^J|aB_c^J^J "
   "aB_bQc^M^J^M^J|aB_bQc^J^J aB_b~c^M^J^M^J|aB_b~c^J^J aB_b<e9>c^M^J^M^J|aB_b<e9>c^J^J "
   "aB_b<ff>c^M^J^M^J|aB_b<ff>c^J^J aB_bbc^M^J^M^J|aB_bbc^J^J ab^M^Jcd ab^Mcd ^Mx a^Ib abcdefgh^Ib a^Hb^I<7c> ^L^K^G "
   "^[[A <c3><a9>Z a^M^M^J^M^M^J ^M^J^M^J^I"},
  {"any key goes on",
   "aB_b^@c^M^J^M^J|aB_b^@c^J^J ^Cc^M^J^M^J|c^J^J aB_bc^M^J^M^J|aB_bc^J^J aB_b^Hc^M^J^M^J|aB_b^Hc^J^J "
   "aB_b^Ic^M^J^M^J|aB_b^Ic^J^J aB_b^M^Jc^M^J^M^J|aB_b^Jc^J^J aB_b^Lc^M^J^M^J|aB_b^Lc^J^J "
   "aB_b^M^Jc^M^J^M^J|aB_b^Jc^J^J aB_bc^M^J^M^J|aB_bc^J^J aB_b^R^M^JaB_bc^M^J^M^J|aB_bc^J^J aB_bc^M^J^M^J|aB_bc^J^J "
   "aB_b^H_^H^H_^H^H_^H^H_^Hc^M^J^M^J|c^J^J aB_b^^Hc^M^J^M^J|aB_bc^J^J aB_b^H_^Hc^M^J^M^J|aB_c^J^J ^Zc^M^J^M^J|c^J^J "
   "^<5c>c^M^J^M^J|c^J^J aB_b^H_^Hc^M^J^M^J|aB_c^J^J aB_bQc^M^J^M^J|aB_bQc^J^J aB_b~c^M^J^M^J|aB_b~c^J^J "
   "aB_b<e9>c^M^J^M^J|aB_b<e9>c^J^J aB_b<ff>c^M^J^M^J|aB_b<ff>c^J^J aB_bbc^M^J^M^J|aB_bbc^J^J ab^M^Jcd ab^Mcd ^Mx "
   "a^Ib abcdefgh^Ib a^Hb^I<7c> ^L^K^G ^[[A <c3><a9>Z a^M^M^J^M^M^J ^M^J^M^J^I"},
  {"returns to lines",
   "aB_b^@c^J^J|aB_b^@c^J^J ^Cc^J^J|c^J^J aB_bc^J^J|aB_bc^J^J aB_b^Hc^J^J|aB_b^Hc^J^J aB_b^Ic^J^J|aB_b^Ic^J^J "
   "aB_b^Jc^J^J|aB_b^Jc^J^J aB_b^Lc^J^J|aB_b^Lc^J^J aB_b^Jc^J^J|aB_b^Jc^J^J aB_b^Qc^J^J|aB_b^Qc^J^J "
   "aB_b^R^JaB_bc^J^J|aB_bc^J^J aB_b^Sc^J^J|aB_b^Sc^J^J aB_b^H_^H^H_^H^H_^H^H_^Hc^J^J|c^J^J aB_b^^Hc^J^J|aB_bc^J^J "
   "aB_b^H_^Hc^J^J|aB_c^J^J ^Zc^J^J|c^J^J ^<5c>c^J^J|c^J^J aB_b^H_^Hc^J^J|aB_c^J^J aB_bQc^J^J|aB_bQc^J^J "
   "aB_b~c^J^J|aB_b~c^J^J aB_b<e9>c^J^J|aB_b<e9>c^J^J aB_b<ff>c^J^J|aB_b<ff>c^J^J aB_bbc^J^J|aB_bbc^J^J ab^Jcd ab^Jcd "
   "^Jx a^Ib abcdefgh^Ib a^Hb^I<7c> ^L^K^G ^[[A <c3><a9>Z a^J^J^J^J ^J^J^I"},
  {"no returns at the edge",
   "aB_b^@c^M^J^M^J|aB_b^@c^J^J ^Cc^M^J^M^J|c^J^J aB_bc^M^J^M^J|aB_bc^J^J aB_b^Hc^M^J^M^J|aB_b^Hc^J^J "
   "aB_b^Ic^M^J^M^J|aB_b^Ic^J^J aB_b^M^Jc^M^J^M^J|aB_b^Jc^J^J aB_b^Lc^M^J^M^J|aB_b^Lc^J^J "
   "aB_b^M^Jc^M^J^M^J|aB_b^Jc^J^J aB_b^Qc^M^J^M^J|aB_b^Qc^J^J aB_b^R^M^JaB_bc^M^J^M^J|aB_bc^J^J "
   "aB_b^Sc^M^J^M^J|aB_b^Sc^J^J aB_b^H_^H^H_^H^H_^H^H_^Hc^M^J^M^J|c^J^J aB_b^^Hc^M^J^M^J|aB_bc^J^J "
   "aB_b^H_^Hc^M^J^M^J|aB_c^J^J ^Zc^M^J^M^J|c^J^J ^<5c>c^M^J^M^J|c^J^J aB_b^H_^Hc^M^J^M^J|aB_c^J^J "
   "aB_bQc^M^J^M^J|aB_bQc^J^J aB_b~c^M^J^M^J|aB_b~c^J^J aB_b<e9>c^M^J^M^J|aB_b<e9>c^J^J "
   "aB_b<ff>c^M^J^M^J|aB_b<ff>c^J^J aB_bbc^M^J^M^J|aB_bbc^J^J ab^M^Jcd ab^Mcd ^Mx a^Ib abcdefgh^Ib a^Hb^I<7c> ^L^K^G "
   "^[[A <c3><a9>Z a^M^M^J^M^J ^M^J^M^J^I"},
  {"lines return",
   "aB_b^@c^J^J|aB_b^@c^J^J ^Cc^J^J|c^J^J aB_bc^J^J|aB_bc^J^J aB_b^Hc^J^J|aB_b^Hc^J^J aB_b^Ic^J^J|aB_b^Ic^J^J "
   "aB_b^Jc^J^J|aB_b^Jc^J^J aB_b^Lc^J^J|aB_b^Lc^J^J aB_b^Jc^J^J|aB_b^Jc^J^J aB_b^Qc^J^J|aB_b^Qc^J^J "
   "aB_b^R^JaB_bc^J^J|aB_bc^J^J aB_b^Sc^J^J|aB_b^Sc^J^J aB_b^H_^H^H_^H^H_^H^H_^Hc^J^J|c^J^J aB_b^^Hc^J^J|aB_bc^J^J "
   "aB_b^H_^Hc^J^J|aB_c^J^J ^Zc^J^J|c^J^J ^<5c>c^J^J|c^J^J aB_b^H_^Hc^J^J|aB_c^J^J aB_bQc^J^J|aB_bQc^J^J "
   "aB_b~c^J^J|aB_b~c^J^J aB_b<e9>c^J^J|aB_b<e9>c^J^J aB_b<ff>c^J^J|aB_b<ff>c^J^J aB_bbc^J^J|aB_bbc^J^J ab^Jcd ab^Mcd "
   "^Mx a^Ib abcdefgh^Ib a^Hb^I<7c> ^L^K^G ^[[A <c3><a9>Z a^M^J^M^J ^J^J^I"},
  {"upper case",
   "AB_B^@C^J^J|aB_b^@c^J^J ^CC^J^J|c^J^J AB_BC^J^J|aB_bc^J^J AB_B^HC^J^J|aB_b^Hc^J^J AB_B^IC^J^J|aB_b^Ic^J^J "
   "AB_B^JC^J^J|aB_b^Jc^J^J AB_B^LC^J^J|aB_b^Lc^J^J AB_B^JC^J^J|aB_b^Jc^J^J AB_B^QC^J^J|aB_b^Qc^J^J "
   "AB_B^R^JAB_BC^J^J|aB_bc^J^J AB_B^SC^J^J|aB_b^Sc^J^J AB_B^H_^H^H_^H^H_^H^H_^HC^J^J|c^J^J AB_B^^HC^J^J|aB_bc^J^J "
   "AB_B^H_^HC^J^J|aB_c^J^J ^ZC^J^J|c^J^J ^<5c>C^J^J|c^J^J AB_B^H_^HC^J^J|aB_c^J^J AB_BQC^J^J|aB_bQc^J^J "
   "AB_B~C^J^J|aB_b~c^J^J AB_B<c9>C^J^J|aB_b<e9>c^J^J * AB_BBC^J^J|aB_bbc^J^J AB^JCD AB^MCD ^MX A^IB ABCDEFGH^IB "
   "A^HB^I<7c> ^L^K^G ^[[A <c3><a9>Z A^M^J^M^J ^J^J^I"},
  {"tabs are spaces",
   "aB_b^@c^J^J|aB_b^@c^J^J ^Cc^J^J|c^J^J aB_bc^J^J|aB_bc^J^J aB_b^Hc^J^J|aB_b^Hc^J^J aB_b______c^J^J|aB_b^Ic^J^J "
   "aB_b^Jc^J^J|aB_b^Jc^J^J aB_b^Lc^J^J|aB_b^Lc^J^J aB_b^Jc^J^J|aB_b^Jc^J^J aB_b^Qc^J^J|aB_b^Qc^J^J "
   "aB_b^R^JaB_bc^J^J|aB_bc^J^J aB_b^Sc^J^J|aB_b^Sc^J^J aB_b^H_^H^H_^H^H_^H^H_^Hc^J^J|c^J^J aB_b^^Hc^J^J|aB_bc^J^J "
   "aB_b^H_^Hc^J^J|aB_c^J^J ^Zc^J^J|c^J^J ^<5c>c^J^J|c^J^J aB_b^H_^Hc^J^J|aB_c^J^J aB_bQc^J^J|aB_bQc^J^J "
   "aB_b~c^J^J|aB_b~c^J^J aB_b<e9>c^J^J|aB_b<e9>c^J^J aB_b<ff>c^J^J|aB_b<ff>c^J^J aB_bbc^J^J|aB_bbc^J^J ab^Jcd ab^Mcd "
   "^Mx a______b abcdefgh_______b a^Hb______<7c> ^L^K^G ^[[A <c3><a9>Z a^M^J^M^J ^J^J________"},
  {"marked errors",
   "aB_b^@c^M^J^M^J|aB_b^@c^J^J ^Cc^M^J^M^J|c^J^J aB_bc^M^J^M^J|aB_bc^J^J aB_b^Hc^M^J^M^J|aB_b^Hc^J^J "
   "aB_b^Ic^M^J^M^J|aB_b^Ic^J^J aB_b^M^Jc^M^J^M^J|aB_b^Jc^J^J aB_b^Lc^M^J^M^J|aB_b^Lc^J^J "
   "aB_b^M^Jc^M^J^M^J|aB_b^Jc^J^J aB_b^Qc^M^J^M^J|aB_b^Qc^J^J aB_b^R^M^JaB_bc^M^J^M^J|aB_bc^J^J "
   "aB_b^Sc^M^J^M^J|aB_b^Sc^J^J aB_b^H_^H^H_^H^H_^H^H_^Hc^M^J^M^J|c^J^J aB_b^^Hc^M^J^M^J|aB_bc^J^J "
   "aB_b^H_^Hc^M^J^M^J|aB_c^J^J ^Zc^M^J^M^J|c^J^J ^<5c>c^M^J^M^J|c^J^J aB_b^H_^Hc^M^J^M^J|aB_c^J^J "
   "aB_bQc^M^J^M^J|aB_bQc^J^J aB_b~c^M^J^M^J|aB_b~c^J^J aB_b<e9>c^M^J^M^J|aB_b<e9>c^J^J "
   "aB_b<ff>c^M^J^M^J|aB_b<ff><ff>c^J^J aB_bbc^M^J^M^J|aB_bbc^J^J ab^M^Jcd ab^Mcd ^Mx a^Ib abcdefgh^Ib a^Hb^I<7c> "
   "^L^K^G ^[[A <c3><a9>Z a^M^M^J^M^M^J ^M^J^M^J^I"},
  {NULL, NULL}};

// Bytes as a word: ^X for controls, \x.. for what is no ASCII.
static const char *shown(const char *bytes, int count) {
  static char words[4][80];
  static int turn;
  char *word = words[turn++ % 4], *end = word;
  *end = 0;
  for (int i = 0; i < count && end - word < 36; i++) {
    unsigned char c = bytes[i];
    if (c < 32) end += sprintf(end, "^%c", c == 28 ? '/' : c + 64);
    else if (c == 32) end += sprintf(end, "_");
    else if (c == 127) end += sprintf(end, "^?");
    else if (c > 127 || strchr("\\\"*|", c)) end += sprintf(end, "<%x>", c);
    else end += sprintf(end, "%c", c);
  }
  return word;
}
// All that comes from one end: as much as is expected, or until nothing has come for a while. A pseudoterminal takes its time.
static const char *all_of(int fd, const char *wanted) {
  static char bytes[2][256];
  static int turn;
  char *all = bytes[turn++ % 2];
  int count = 0;
  for (int quiet = 0; quiet < (getenv("GUEST_TABLE") ? 10 : 100);) {
    int n = read(fd, all + count, 200 - count);
    if (n == 0) all[count++] = 4;
    if (n > 0) count += n;
    const char *word = shown(all, count);
    if (!getenv("GUEST_TABLE") && strlen(word) == strcspn(wanted, " |") && !strncmp(word, wanted, strlen(word))) break;
    if (n >= 0 && count < 190) continue;
    quiet++;
    if (getenv("GUEST_TABLE")) pause_ms(1);
    else usleep(quiet * 20);
  }
  return shown(all, count);
}

static struct mode { const char *name; tcflag_t input, output, local; } modes[] = {
#define USUAL ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN
  {"usual", ICRNL | IXON, OPOST | ONLCR, USUAL},
  {"silent", ICRNL | IXON, OPOST | ONLCR, ISIG | ICANON | IEXTEN},
  {"plain echo", ICRNL, OPOST | ONLCR, ICANON | ECHO | IEXTEN},
  {"echo of controls", ICRNL, OPOST | ONLCR, ICANON | ECHO | ECHOCTL | IEXTEN},
  {"erasing echo", ICRNL, OPOST | ONLCR, ICANON | ECHO | ECHOE | IEXTEN},
  {"killing echo", ICRNL, OPOST | ONLCR, ICANON | ECHO | ECHOE | ECHOK | IEXTEN},
  {"printing echo", ICRNL, OPOST | ONLCR, ICANON | ECHO | ECHOE | ECHOPRT | ECHOCTL | IEXTEN},
  {"echo of lines", ICRNL, OPOST | ONLCR, ICANON | ECHONL | IEXTEN},
  {"without extensions", ICRNL | IXON, OPOST | ONLCR, ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE},
  {"without signals", ICRNL, OPOST | ONLCR, ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN},
  {"signals without flushing", ICRNL, OPOST | ONLCR, USUAL | NOFLSH},
  {"raw", 0, 0, 0},
  {"raw with echo", 0, 0, ECHO},
  {"raw with controls", ICRNL | IXON, OPOST | ONLCR, ECHO | ECHOCTL | ISIG | IEXTEN},
  {"without returns", IGNCR, OPOST | ONLCR, USUAL},
  {"lines to returns", INLCR, OPOST, USUAL},
  {"both", ICRNL | INLCR, OPOST | ONLCR, USUAL},
  {"seven bits", ICRNL | ISTRIP, OPOST | ONLCR, USUAL},
  {"lower case", ICRNL | IUCLC, OPOST | ONLCR, USUAL},
  {"UTF-8", ICRNL | IUTF8, OPOST | ONLCR, USUAL},
  {"any key goes on", ICRNL | IXON | IXANY, OPOST | ONLCR, USUAL},
  {"returns to lines", ICRNL, OPOST | OCRNL, USUAL},
  {"no returns at the edge", ICRNL, OPOST | ONLCR | ONOCR, USUAL},
  {"lines return", ICRNL, OPOST | ONLRET, USUAL},
  {"upper case", ICRNL, OPOST | OLCUC, USUAL},
  {"tabs are spaces", ICRNL, OPOST | XTABS, USUAL},
  {"marked errors", ICRNL | PARMRK | INPCK, OPOST | ONLCR, USUAL},
};

static void keys(const struct mode *mode) {
  struct termios set;
  open_pair();
  OK(fcntl(master, F_SETFL, O_NONBLOCK)), OK(fcntl(slave, F_SETFL, O_NONBLOCK));
  begin_row(mode->name);
  // Each between others, which show what it does to them.
  for (int key = 0; key <= 40; key++) {
    unsigned char c = key < 32 ? key : (unsigned char[]){127, ' ', 'Q', '~', 0xe9, 0xff, 'Z', 'b', '^'}[key - 32];
    // In most modes only those that mean something in one.
    if (mode > modes + 1 && !strchr("CDHIJLMQRSUVWZ", c + 64) && c != 28 && c < 127 && !strchr("Q~b", c)) continue;
    OK(tcgetattr(slave, &set));
    set.c_iflag = mode->input, set.c_oflag = mode->output, set.c_lflag = mode->local;
    set.c_cc[VMIN] = 1, set.c_cc[VTIME] = 0, set.c_cc[VEOL] = '~';
    OK(tcsetattr(slave, TCSANOW, &set));
    char label[16];
    snprintf(label, sizeof label, "%#x", c);
    const char *wanted = word_of(expected, row.count);
    EQ(write(master, (char[]){'a', 'B', ' ', 'b', c, 'c'}, 6), 6);
    // On again, should it have stopped.
    if (c == 'S' - 64) pause_ms(5), OK(tcflow(slave, TCOON));
    EQ(write(master, "\r\n", 2), 2);
    char echo[40];
    strcpy(echo, all_of(master, wanted));
    answer(strdup(label), "%s|%s", echo, all_of(slave, wanted + strcspn(wanted, " |") + 1));
    OK(tcflush(slave, TCIOFLUSH)), OK(tcflush(master, TCIOFLUSH));
  }
  static const char *const texts[] = {"ab\ncd", "ab\rcd", "\rx", "a\tb", "abcdefgh\tb", "a\bb\t|", "\f\v\a", "\x1b[A", "\xc3\xa9Z", "a\r\n\r\n", "\n\n\t"};
  for (unsigned i = 0; i < sizeof texts / sizeof *texts; i++) {
    EQ(write(slave, texts[i], strlen(texts[i])), (long)strlen(texts[i]));
    answer(texts[i], "%s", all_of(master, word_of(expected, row.count)));
  }
  END_ROW(expected);
  close_pair();
}

int main(void) {
  for (unsigned i = 0; i < sizeof modes / sizeof *modes; i++) {
    keys(&modes[i]);
    if (i == 10) STEP("lines");
    if (i == 13) STEP("raw");
  }
  STEP("translated");
  return 0;
}
