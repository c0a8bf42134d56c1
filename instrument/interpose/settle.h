// Whether anything of the process still moves when it is about to end.
#ifndef GORDIAN_INSTRUMENT_INTERPOSE_SETTLE_H_
#define GORDIAN_INSTRUMENT_INTERPOSE_SETTLE_H_

namespace gordian::interpose {

// Whether every other thread sleeps until it is woken: then nothing more comes of them. As the
// kernel tells it; where it does not, it is not known and so false.
bool IsSettled();

}  // namespace gordian::interpose

#endif  // GORDIAN_INSTRUMENT_INTERPOSE_SETTLE_H_
