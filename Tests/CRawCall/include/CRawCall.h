// syscall(2), which is variadic, for a test that makes any call there is.
#ifndef GODWIT_CRAWCALL_H
#define GODWIT_CRAWCALL_H

/// The result, or minus the error number.
long godwit_raw_call(long number, const long arguments[6]);

#endif
