// How the preloader comes up in a process, and through a fork.
//
// Where the program brings a recorder of its own, that one records, and the preloader passes on; if
// the program is compiled with the pass as well, it becomes the other's guest. Its tables are made
// before the recorder attaches (whose constructor has priority 102); from then on the thread that
// runs constructors, and main, is task 1.
#include <elf.h>
#include <link.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstring>

#include "instrument/interpose/access_site.h"
#include "instrument/interpose/life.h"
#include "instrument/interpose/object.h"
#include "instrument/interpose/quit.h"
#include "instrument/interpose/settle.h"
#include "instrument/interpose/thread.h"
#include "instrument/interpose/watcher.h"
#include "instrument/recorder/attach.h"
#include "instrument/recorder/recorder.h"

namespace gordian::interpose {
namespace {

constexpr std::size_t Aligned(std::size_t bytes) { return (bytes + 3) & ~std::size_t{3}; }

// Whether a note of ours is in a PT_NOTE segment.
bool HasNote(const char* notes, std::size_t size) {
  for (std::size_t at = 0; at + sizeof(ElfW(Nhdr)) <= size;) {
    ElfW(Nhdr) header;
    std::memcpy(&header, notes + at, sizeof header);
    const std::size_t owner = at + sizeof header;
    const std::size_t next = owner + Aligned(header.n_namesz) + Aligned(header.n_descsz);
    if (next > size) return false;
    if (header.n_namesz == sizeof recorder::kNoteOwner &&
        std::memcmp(notes + owner, recorder::kNoteOwner, sizeof recorder::kNoteOwner) == 0) {
      return true;
    }
    at = next;
  }
  return false;
}

// Stops at the first object file, other than this one, that brings a recorder.
int BringsRecorder(dl_phdr_info* info, std::size_t, void*) {
  bool is_ours = false, has_note = false;
  const auto here = reinterpret_cast<std::uintptr_t>(&BringsRecorder);
  for (int i = 0; i < info->dlpi_phnum; ++i) {
    const ElfW(Phdr)& segment = info->dlpi_phdr[i];
    const std::uintptr_t begin = info->dlpi_addr + segment.p_vaddr;
    if (segment.p_type == PT_LOAD) is_ours |= here - begin < segment.p_memsz;
    if (segment.p_type == PT_NOTE) {
      has_note |= HasNote(reinterpret_cast<const char*>(begin), segment.p_memsz);
    }
  }
  return has_note && !is_ours ? 1 : 0;
}

// The child's one thread goes on as the task it was in its parent, in a recording of its own.
void AfterForkInChild() {
  ThreadState& thread = t_thread;
  ForgetOtherThreads();
  ForgetOtherStates(thread);
  ForgetWatcher();
  const bool was_known = thread.log != nullptr;
  thread.log = nullptr;
  thread.waits = false;
  thread.attempts = {};
  thread.once_seen = {};
  thread.loads = {};
  if (thread.sites != nullptr) thread.sites->Forget();
  if (thread.access_sites != nullptr) thread.access_sites->Forget();
  if (!was_known || !recorder::On()) return;
  AnswerQuit();
  BeBusy(thread);
  Adopt(thread, 0);
  BeFree(thread);
  if (Recording recording; recording) KnowSelf(recording);
}

void EndAtQuickExit() {
  recorder::EndProcessAtOnce();
  constexpr int kOwn = -1;
  // It is the last handler: whatever else there was has been done.
  const int status = recorder::StatusToEndWith(kOwn);
  if (status != kOwn) syscall(SYS_exit_group, status);
}

void AdoptMain() {
  if (!recorder::On()) return;
  recorder::SetSettled(IsSettled);
  AnswerQuit();
  at_quick_exit(EndAtQuickExit);
  // Behind the recorder's own handlers, so that the child's recording has begun.
  pthread_atfork(nullptr, nullptr, AfterForkInChild);
  if (Recording recording; recording) KnowSelf(recording);
}

}  // namespace
}  // namespace gordian::interpose

[[gnu::constructor(101)]] static void GordianPrepare() {
  if (dl_iterate_phdr(gordian::interpose::BringsRecorder, nullptr) != 0) {
    gordian::recorder::StandAside();
  }
  gordian::recorder::ReportAlone();
  gordian::interpose::PrepareObjects();
  gordian::interpose::MakeThreadKey();
}

[[gnu::constructor(103)]] static void GordianAdoptMain() { gordian::interpose::AdoptMain(); }

// What recorder::kPreloadRecords names.
extern "C" [[gnu::visibility("default")]] bool gordian_preload_records() {
  return gordian::recorder::On();
}
