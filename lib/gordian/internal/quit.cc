#include "gordian/internal/quit.h"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>

#include "absl/strings/str_cat.h"
#include "gordian/internal/asleep.h"
#include "gordian/internal/forked.h"
#include "gordian/internal/futex.h"
#include "gordian/internal/task_state.h"
#include "gordian/internal/threads.h"
#include "instrument/recorder/attach.h"

namespace gordian::internal {
namespace {

constinit std::atomic<std::uint8_t> g_answers{0};  // the fork generation that has a thread for it
Signal g_asked;

void OnQuit(int) {
  const int saved = errno;
  g_asked.Post();
  errno = saved;
}

void* Answer(void*) {
  pthread_setname_np(pthread_self(), "gordian-quit");
  AdoptThread(NewThreadTask(trace::TaskKind::kInternal));
  for (;;) {
    g_asked.Wait();
    recorder::Say(
        absl::StrCat("gordian: what the tasks of process ", getpid(), " do\n", DumpTasks()));
  }
}

}  // namespace

void AnswerQuit() {
  const std::uint8_t generation = g_fork_generation;
  if (g_answers.exchange(generation) == generation) return;
  struct sigaction now{};
  if (sigaction(SIGQUIT, nullptr, &now) != 0) return;
  if (now.sa_handler != SIG_DFL && now.sa_handler != OnQuit) return;
  StartInternalThread(Answer, nullptr);
  struct sigaction action{};
  action.sa_handler = OnQuit;
  action.sa_flags = SA_RESTART | SA_ONSTACK;
  if (sigaction(SIGQUIT, &action, nullptr) == 0) recorder::TellQuitIsOurs(true);
}

bool QuitIsOurs() {
  struct sigaction now{};
  return sigaction(SIGQUIT, nullptr, &now) == 0 && now.sa_handler == OnQuit;
}

}  // namespace gordian::internal
