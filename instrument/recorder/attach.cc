#include "instrument/recorder/attach.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
#include <unwind.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>

#include "instrument/recorder/companion.h"
#include "instrument/recorder/connect.h"
#include "instrument/recorder/internal.h"
#include "instrument/recorder/live_file.h"
#include "instrument/recorder/options.h"
#include "instrument/recorder/protocol.h"
#include "instrument/recorder/session.h"

// owner's length, 4 bytes of description, type 1; the owner; version 1
asm(R"(
  .pushsection .note.gordian, "a", @note
  .balign 4
  .long 8, 4, 1
  .asciz "Gordian"
  .long 1
  .popsection
)");

namespace gordian::recorder {
namespace {

enum class Mode : std::uint8_t { kOff, kSupervised, kFile };

// What this process records into. Never destroyed: threads record during exit.
struct Attachment {
  Mode mode = Mode::kOff;
  pid_t process = 0;  // whose recording it is
  std::unique_ptr<RegionSink> sink;
  std::unique_ptr<LiveFile> file;
  std::string address;         // of who watches it
  bool has_companion = false;  // and that is its companion
  std::atomic<std::uint32_t> verdict{0};
  std::atomic<bool> ended{false};
  std::atomic<bool (*)()> settled{nullptr};
};

Attachment& TheAttachment() {
  static Attachment& attachment = *new Attachment;
  return attachment;
}

const char* SupervisorAddress() {
  const char* address = secure_getenv(kSupervisorVariable);
  return address != nullptr && address[0] != '\0' ? address : nullptr;
}

std::atomic<bool> g_stands_aside{false};
std::atomic<bool> g_reports_alone{false};

bool PreloadedRecorderIsAtWork() {
  const auto records = reinterpret_cast<bool (*)()>(dlsym(RTLD_DEFAULT, kPreloadRecords));
  return records != nullptr && records();
}

void AttachToSupervisor(Attachment& attachment, bool forked) {
  attachment.sink = ConnectToSupervisor(attachment.address.c_str(), forked);
  if (attachment.sink != nullptr) attachment.mode = Mode::kSupervised;
}

void AttachToCompanion(Attachment& attachment, bool forked) {
  attachment.address = StartCompanion(ProcessOptions());
  attachment.has_companion = !attachment.address.empty();
  if (attachment.has_companion) AttachToSupervisor(attachment, forked);
}

void AttachToFile(Attachment& attachment, const std::string& file) {
  if (ProcessOptions().max_size != 0) {
    dprintf(STDERR_FILENO,
            "gordian: max_size= needs somebody who reads the trace while it is "
            "written, as `gordian run` does; trace_limit= ends a recording\n");
  }
  attachment.file = LiveFile::Open(file, ProcessOptions().trace_limit, attachment.sink);
  if (attachment.sink != nullptr) attachment.mode = Mode::kFile;
}

// Nobody is there to say what is wrong, but the trace has it.
void AttachToTemporaryFile(Attachment& attachment) {
  const char* folder = secure_getenv("TMPDIR");
  std::string file = folder != nullptr ? folder : "/tmp";
  file += "/gordian." + std::to_string(getpid()) + ".gtrace";
  AttachToFile(attachment, file);
  if (attachment.sink == nullptr) return;
  dprintf(STDERR_FILENO,
          "gordian: the command `gordian` is neither beside the runtime nor in PATH: "
          "the trace will be in %s\n",
          file.c_str());
}

// A forked child has its parent's supervisor or companion, whatever has become of the environment;
// a companion that is gone is followed by another one.
void Attach(bool forked) {
  Attachment& attachment = TheAttachment();
  const Options& options = ProcessOptions();
  const bool reports = g_reports_alone.load() && options.report;
  if (const char* address = SupervisorAddress(); address != nullptr && attachment.address.empty()) {
    attachment.address = address;
  }
  if (!attachment.address.empty()) {
    AttachToSupervisor(attachment, forked);
    if (attachment.sink == nullptr && attachment.has_companion) {
      AttachToCompanion(attachment, forked);
    }
  } else if (reports && !FindCommand().empty()) {
    AttachToCompanion(attachment, forked);
  } else if (!options.trace.empty()) {
    AttachToFile(attachment, options.trace);
  } else if (reports) {
    AttachToTemporaryFile(attachment);
  }
  attachment.process = getpid();
  if (attachment.sink != nullptr) Start(attachment.sink.get());
}

// --- fork --------------------------------------------------------------------

void BeforeFork() {
  internal::LockSites();
  internal::LockModules();
  internal::LockThreads();
}

void AfterForkInParent() {
  internal::UnlockThreads();
  internal::UnlockModules();
  internal::UnlockSites();
}

void AfterForkInChild() {
  internal::AbandonRecording();
  internal::UnlockThreads();
  internal::UnlockModules();
  internal::UnlockSites();
  Attachment& attachment = TheAttachment();
  const bool recorded = attachment.mode != Mode::kOff && !attachment.ended.load();
  attachment.mode = Mode::kOff;
  attachment.sink.reset();
  attachment.file.reset();
  attachment.verdict.store(0);
  if (recorded && ProcessOptions().follow_fork) Attach(/*forked=*/true);
}

// --- The end -----------------------------------------------------------------

void Settle() {
  bool (*const settled)() = TheAttachment().settled.load();
  if (settled == nullptr) return;
  const std::uint64_t until =
      Now() + static_cast<std::uint64_t>(ProcessOptions().leak_grace_exit.count());
  const timespec nap{0, 1'000'000};
  while (!settled() && Now() < until) nanosleep(&nap, nullptr);
}

void WriteEnd(Attachment& attachment, trace::ProcessEndReason how) {
  ThreadLog& log = Log();
  Time(log);
  Local(log, EventType::kProcessEnd, 0, 0, {.operands = {static_cast<std::uint64_t>(how)}});
  if (attachment.mode == Mode::kOff) return;  // whoever records reads on
  Stop();
  if (attachment.file != nullptr) attachment.file->Seal(attachment.sink->region());
  if (attachment.has_companion) {
    attachment.verdict.store(AwaitVerdict(attachment.sink->region()));
  }
}

// Counts the frames above AtExit that lie in one object file with its caller.
struct ExitFrames {
  const void* library = nullptr;
  int count = 0;
  bool skipped_self = false;
};

_Unwind_Reason_Code CountFrame(_Unwind_Context* context, void* data) {
  auto& frames = *static_cast<ExitFrames*>(data);
  if (!std::exchange(frames.skipped_self, true)) return _URC_NO_REASON;
  Dl_info info{};
  if (dladdr(reinterpret_cast<void*>(_Unwind_GetIP(context)), &info) == 0) return _URC_END_OF_STACK;
  if (frames.library == nullptr) frames.library = info.dli_fbase;
  if (frames.library != info.dli_fbase) return _URC_END_OF_STACK;
  ++frames.count;
  return _URC_NO_REASON;
}

// When the program calls exit, the C library has two frames between that call and this one;
// when main returns, it has two more below exit.
void AtExit() {
  ExitFrames frames;
  _Unwind_Backtrace(CountFrame, &frames);
  EndProcess(frames.count == 2 ? trace::ProcessEndReason::kExit
                               : trace::ProcessEndReason::kMainReturned);
  constexpr int kOwn = -1;
  // What is left to be done at the exit is done with the new status.
  if (const int status = StatusToEndWith(kOwn); status != kOwn) exit(status);
}

}  // namespace

void ReportAlone() { g_reports_alone.store(true); }

int StatusToEndWith(int own) {
  const std::uint32_t verdict = TheAttachment().verdict.load();
  return verdict == 0 || verdict == kOwnStatus ? own : static_cast<int>(verdict - 1);
}

std::optional<int> StatusOfHang() {
  const Attachment& attachment = TheAttachment();
  if (!attachment.has_companion || attachment.sink == nullptr || !On()) return std::nullopt;
  const std::uint32_t verdict = attachment.sink->region().header().verdict.load();
  if (verdict == 0 || verdict == kOwnStatus) return std::nullopt;
  return static_cast<int>(verdict - 1);
}

void StandAside() { g_stands_aside.store(true); }

bool Supervised() { return TheAttachment().mode == Mode::kSupervised; }

void SetSettled(bool (*settled)()) { TheAttachment().settled.store(settled); }

void AwaitSettled() {
  if (On()) Settle();
}

void ReportMotion(bool stands_still) {
  Attachment& attachment = TheAttachment();
  if (attachment.mode != Mode::kSupervised) return;
  attachment.sink->region().header().motion.store(stands_still ? Motion::kStandsStill
                                                               : Motion::kMoves);
}

void EndOwnTests() {
  if (Supervised()) TheAttachment().sink->region().header().ends_own_tests.store(1);
}

void Say(std::string_view text) {
  if (Supervised() && TheAttachment().sink->HandOver(text)) return;
  while (!text.empty()) {
    const ssize_t count = write(STDERR_FILENO, text.data(), text.size());
    if (count < 0 && errno != EINTR) return;
    if (count > 0) text.remove_prefix(static_cast<std::size_t>(count));
  }
}

void TellQuitIsOurs(bool ours) {
  if (Supervised()) TheAttachment().sink->region().header().quit_is_ours.store(ours ? 1 : 0);
}

std::string TakeHang() {
  if (!Supervised()) return "";
  RegionHeader& header = TheAttachment().sink->region().header();
  const std::size_t bytes = std::min<std::size_t>(header.hang_bytes.load(), header.hang.size());
  std::string why(header.hang.data(), bytes);
  header.hang_bytes.store(0);
  return why;
}

void EndProcess(trace::ProcessEndReason how) {
  Attachment& attachment = TheAttachment();
  if (!On() || attachment.ended.exchange(true)) return;
  if (how != trace::ProcessEndReason::kFatal) Settle();
  WriteEnd(attachment, how);
}

void EndProcessAtOnce() {
  Attachment& attachment = TheAttachment();
  if (!On() || attachment.process != getpid() || attachment.ended.exchange(true)) return;
  WriteEnd(attachment, trace::ProcessEndReason::kExit);
}

void BreakOff() {
  if (!internal::g_on.exchange(false)) return;
  const Attachment& attachment = TheAttachment();
  if (attachment.sink != nullptr) attachment.sink->region().header().refused.fetch_add(1);
}

namespace internal {

void AttachAtStart() {
  static std::atomic<bool> done{false};
  if (done.exchange(true) || g_stands_aside.load() || PreloadedRecorderIsAtWork()) return;
  // Before the program's own handlers are registered, so that it runs after them: static
  // destructors that join threads or free locks are part of the recording.
  atexit(AtExit);
  pthread_atfork(BeforeFork, AfterForkInParent, AfterForkInChild);
  Attach(/*forked=*/false);
}

}  // namespace internal
}  // namespace gordian::recorder

[[gnu::constructor(102)]] static void GordianAttach() {
  gordian::recorder::internal::AttachAtStart();
}
