// What the program says when it is asked by SIGQUIT (quit.cc).
#ifndef GORDIAN_INSTRUMENT_INTERPOSE_QUIT_H_
#define GORDIAN_INSTRUMENT_INTERPOSE_QUIT_H_

namespace gordian::interpose {

// From here on the process answers, unless it was started with the signal ignored or handled.
void AnswerQuit();

}  // namespace gordian::interpose

#endif  // GORDIAN_INSTRUMENT_INTERPOSE_QUIT_H_
