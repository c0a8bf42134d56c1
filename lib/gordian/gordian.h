// Everything: Go's vocabulary in C++20. Each part has a header of its own.
#ifndef GORDIAN_GORDIAN_H_
#define GORDIAN_GORDIAN_H_

#include "gordian/annotate.h"
#include "gordian/atomic.h"
#include "gordian/blocking.h"
#include "gordian/chan.h"
#include "gordian/cond.h"
#include "gordian/context.h"
#include "gordian/err_group.h"
#include "gordian/go.h"
#include "gordian/labels.h"
#include "gordian/lock_in_order.h"
#include "gordian/mutex.h"
#include "gordian/name.h"
#include "gordian/net.h"
#include "gordian/once.h"
#include "gordian/panic.h"
#include "gordian/pool.h"
#include "gordian/rate_limiter.h"
#include "gordian/runtime.h"
#include "gordian/rwmutex.h"
#include "gordian/select.h"
#include "gordian/semaphore.h"
#include "gordian/shared.h"
#include "gordian/single_flight.h"
#include "gordian/sync_map.h"
#include "gordian/time.h"
#include "gordian/wait_group.h"

#endif  // GORDIAN_GORDIAN_H_
