// What a native scheduler tells the seam.
#ifndef GORDIAN_INSTRUMENT_SCHEDULE_HOST_H_
#define GORDIAN_INSTRUMENT_SCHEDULE_HOST_H_

namespace gordian::schedule {

// `hook` runs at every Point while attention is asked for: it yields where the running
// task was asked to.
void SetYieldHook(void (*hook)());

// Each ask is answered by one AttentionPaid.
void AskForAttention();
void AttentionPaid();

}  // namespace gordian::schedule

#endif  // GORDIAN_INSTRUMENT_SCHEDULE_HOST_H_
