// SIGQUIT has the program say on stderr what every task does, and go on.
//
// The handler only wakes a thread that does it. Where the program has a handler of its own, or
// ignores the signal, that stays; one that it installs later takes the place of ours.
#ifndef GORDIAN_LIB_INTERNAL_QUIT_H_
#define GORDIAN_LIB_INTERNAL_QUIT_H_

namespace gordian::internal {

// From here on this process answers. Called again in a forked child.
void AnswerQuit();

// Whether the signal's handler is ours: it wakes nobody of the program's.
bool QuitIsOurs();

}  // namespace gordian::internal

#endif  // GORDIAN_LIB_INTERNAL_QUIT_H_
