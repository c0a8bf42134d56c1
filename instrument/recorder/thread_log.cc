// The life of a thread's log: made at the thread's first event, filled chunk by
// chunk, retired when the thread ends.
//
// Start and Stop reach the other threads by clearing their `limit_`: the next event
// then comes to Refill, which sees the new recording. A thread that is in the middle of
// an event finishes it in its old chunk, which stays valid.
#include <limits.h>
#include <pthread.h>

#include <mutex>

#include "instrument/recorder/guest.h"
#include "instrument/recorder/internal.h"
#include "instrument/recorder/session.h"

namespace gordian::recorder {
namespace {

struct Registry {
  std::mutex mutex;
  ThreadLog* first = nullptr;
  Sink* sink = nullptr;
};

// Never destroyed: threads record during exit.
Registry& TheRegistry() {
  static Registry& registry = *new Registry;
  return registry;
}

std::atomic<Sink*> g_sink{nullptr};
std::atomic<std::uint32_t> g_generation{0};
std::atomic<StreamId> g_next_stream{1};

constinit thread_local ThreadLog* t_log = nullptr;

// Key destructors run in rounds, as long as any key has a value. The log goes in the last one:
// destructors of the program's own may record until then.
pthread_key_t g_exit_key;
constinit thread_local int t_exit_rounds = 0;

void OnThreadExit(void* log) {
  if (++t_exit_rounds < PTHREAD_DESTRUCTOR_ITERATIONS) {
    pthread_setspecific(g_exit_key, log);
    return;
  }
  Access::Retire(static_cast<ThreadLog*>(log));
}

}  // namespace

namespace internal {
Sink* CurrentSink() { return g_sink.load(std::memory_order_acquire); }

void LockThreads() {
  const Unseen unseen;
  TheRegistry().mutex.lock();
}
void UnlockThreads() {
  const Unseen unseen;
  TheRegistry().mutex.unlock();
}

void AbandonRecording() {
  g_on.store(false);
  if (const Guest* guest = TheGuest()) guest->ended();
  g_sink.store(nullptr);
  Access::KeepOnly(t_log);
}
}  // namespace internal

std::uint32_t CurrentGeneration() { return g_generation.load(std::memory_order_relaxed); }

ThreadLog& Log() {
  if (const Host* host = internal::TheHost(); host != nullptr) [[unlikely]]
    return *host->stretch().log;
  if (t_log == nullptr) [[unlikely]]
    t_log = Access::Make();
  return *t_log;
}

ThreadLog* Access::Make() {
  const Unseen unseen;
  static const int made = pthread_key_create(&g_exit_key, OnThreadExit);
  auto* log = new ThreadLog;
  Registry& registry = TheRegistry();
  {
    std::lock_guard lock(registry.mutex);
    log->next_ = registry.first;
    if (registry.first != nullptr) registry.first->previous_ = log;
    registry.first = log;
  }
  if (made == 0) pthread_setspecific(g_exit_key, log);
  return log;
}

void Access::Retire(ThreadLog* log) {
  const Unseen unseen;
  Registry& registry = TheRegistry();
  {
    std::lock_guard lock(registry.mutex);
    if (log->previous_ != nullptr) {
      log->previous_->next_ = log->next_;
    } else {
      registry.first = log->next_;
    }
    if (log->next_ != nullptr) log->next_->previous_ = log->previous_;
  }
  if (log->chunk_ != nullptr) {
    log->chunk_->header.state.store(ChunkState::kFull, std::memory_order_release);
    Sink* sink = internal::CurrentSink();
    if (sink != nullptr && log->generation_ == CurrentGeneration()) sink->Give(log->chunk_);
  }
  t_log = nullptr;
  delete log;
}

bool Access::Refill(ThreadLog& log, std::size_t words) {
  if (const Host* host = internal::TheHost()) return host->refill(log, words);
  const Unseen unseen;
  Sink* sink = internal::CurrentSink();
  if (sink == nullptr || !On()) return false;
  const bool first = log.generation_ != CurrentGeneration() || log.stream_ == 0;
  if (log.chunk_ != nullptr) {
    log.chunk_->header.state.store(ChunkState::kFull, std::memory_order_release);
    if (!first) sink->Give(log.chunk_);
    log.chunk_ = nullptr;
    log.cursor_ = nullptr;
    log.limit_.store(nullptr, std::memory_order_relaxed);
  }
  if (first) {
    log.generation_ = CurrentGeneration();
    log.stream_ = g_next_stream.fetch_add(1, std::memory_order_relaxed);
    log.next_sequence_ = 0;
    log.lost_ = 0;
  }
  Chunk* chunk = sink->Take(log.stream_, log.next_sequence_);
  if (chunk == nullptr) {
    ++log.lost_;
    return false;
  }
  ++log.next_sequence_;
  log.chunk_ = chunk;
  log.cursor_ = chunk->words;
  log.limit_.store(chunk->words + chunk->header.capacity, std::memory_order_relaxed);
  // A lost record may have been the `run` of the present stretch.
  if (log.task_ != nullptr && (first || log.lost_ != 0)) {
    WriteRun(log);
  } else {
    Time(log);
  }
  if (log.lost_ != 0) {
    LocalText(log, EventType::kLoss, 0, 0, "no chunk was free", {.operands = {log.lost_}});
    sink->Told(log.lost_);
    log.lost_ = 0;
  }
  return log.cursor_ + words <= chunk->words + chunk->header.capacity;
}

void Access::KeepOnly(ThreadLog* log) {
  TheRegistry().first = log;
  if (log == nullptr) return;
  log->next_ = log->previous_ = nullptr;
  log->chunk_ = nullptr;
  log->cursor_ = nullptr;
  log->limit_.store(nullptr, std::memory_order_relaxed);
}

void Access::InvalidateAll() {
  Registry& registry = TheRegistry();
  std::lock_guard lock(registry.mutex);
  for (ThreadLog* log = registry.first; log != nullptr; log = log->next_) {
    log->limit_.store(nullptr, std::memory_order_relaxed);
  }
}

bool Start(Sink* sink) {
  Sink* none = nullptr;
  if (!g_sink.compare_exchange_strong(none, sink)) return false;
  g_generation.fetch_add(1);
  internal::BeginObjects();
  Access::InvalidateAll();
  internal::g_on.store(true);
  const Unseen unseen;
  EndGuestEpoch();
  if (const Guest* guest = internal::TheGuest()) guest->began(internal::g_first_object.load());
  ThreadLog& log = Log();
  internal::WriteProcess(log);
  internal::WriteModules(log);
  internal::WriteKnownSites(log);
  return true;
}

void Stop() {
  internal::g_on.store(false);
  if (const Guest* guest = internal::TheGuest()) guest->ended();
  const Unseen unseen;
  g_sink.store(nullptr);
  Access::InvalidateAll();
}

}  // namespace gordian::recorder
