// Everything: Go's vocabulary in C++20. Each part has a header of its own.
#ifndef GORDIAN_GORDIAN_H_
#define GORDIAN_GORDIAN_H_

#include "gordian/chan.h"
#include "gordian/go.h"
#include "gordian/panic.h"
#include "gordian/runtime.h"
#include "gordian/select.h"
#include "gordian/time.h"

#endif  // GORDIAN_GORDIAN_H_
