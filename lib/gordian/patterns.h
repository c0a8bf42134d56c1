// The patterns of concurrent Go programs: each takes a Context or a done channel first, and leaves
// nothing behind once that has ended. docs/patterns has a page for each.
#ifndef GORDIAN_PATTERNS_H_
#define GORDIAN_PATTERNS_H_

#include "gordian/patterns/bounded_pool.h"
#include "gordian/patterns/channels.h"
#include "gordian/patterns/fan.h"
#include "gordian/patterns/generate.h"
#include "gordian/patterns/heartbeat.h"
#include "gordian/patterns/pipeline.h"
#include "gordian/patterns/replicate.h"
#include "gordian/patterns/results.h"
#include "gordian/patterns/steward.h"
#include "gordian/patterns/throttle.h"
#include "gordian/patterns/until.h"

#endif  // GORDIAN_PATTERNS_H_
