#include "instrument/interpose/task_dump.h"

#include <dlfcn.h>
#include <link.h>
#include <pthread.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <climits>
#include <cstring>
#include <string_view>

#include "instrument/interpose/fixed_text.h"
#include "instrument/interpose/object.h"
#include "instrument/interpose/own_threads.h"
#include "instrument/interpose/thread.h"
#include "instrument/interpose/watcher.h"
#include "instrument/recorder/attach.h"

namespace gordian::interpose {
namespace {

using trace::EventType;
using trace::TaskId;

// One dump at a time, so all of it can lie here.
constinit std::array<char, std::size_t{192} << 10> g_text{};

struct KnownThread {
  pid_t thread = 0;
  TaskId task = 0;
  bool waits = false;
  Request request;
};
struct HeldLock {
  const Object* lock = nullptr;
  TaskId holder = 0;
  pid_t writer = 0;  // of a lock with readers, whose holder only the C library knows
};

template <typename Item, std::size_t kMost>
struct Some {
  std::array<Item, kMost> items{};
  std::size_t count = 0;

  void Add(const Item& item) {
    if (count < kMost) items[count++] = item;
  }
  std::span<const Item> span() const { return {items.data(), count}; }
};
constinit Some<KnownThread, 2048> g_known{};
constinit Some<HeldLock, 4096> g_held{};

const KnownThread* KnownAs(pid_t thread) {
  for (const KnownThread& known : g_known.span()) {
    if (known.thread == thread) return &known;
  }
  return nullptr;
}

bool IsLockWithReaders(ObjectKind kind) {
  return kind == ObjectKind::kRWMutex || kind == ObjectKind::kRWMutexReaders;
}

// By the system, which says where there is no such memory any more.
pid_t WriterOf(std::uintptr_t address) {
  pthread_rwlock_t lock;
  const iovec here{&lock, sizeof lock};
  const iovec there{reinterpret_cast<void*>(address), sizeof lock};
  const bool read = process_vm_readv(getpid(), &here, 1, &there, 1, 0) == sizeof lock;
  return read ? lock.__data.__cur_writer : 0;
}

void LookAtThreads() {
  g_known.count = 0;
  ForEachThread([](const ThreadState& thread) {
    g_known.Add({.thread = thread.os_thread,
                 .task = thread.task.id,
                 .waits = thread.waits,
                 .request = thread.request});
  });
  g_held.count = 0;
  ForEachObject([](const Object& object) {
    if (!recorder::IsRegistered(object.tracked) || object.count.load() == 0) return;
    if (object.kind == ObjectKind::kCond) return;
    const TaskId holder = object.holder.load();
    const pid_t writer = IsLockWithReaders(object.kind) ? WriterOf(object.address.load()) : 0;
    if (holder != 0 || writer != 0) g_held.Add({&object, holder, writer});
  });
}

class Dump {
 public:
  explicit Dump(std::span<char> room) : text_(room) {}

  std::string_view text() const { return text_.text(); }
  bool cut() const { return text_.cut(); }

  void Head() { text_ << "gordian: what the threads of process " << Number(getpid()) << " do\n"; }

  void Add(pid_t thread, const StackFrames* frames) {
    const KnownThread* known = KnownAs(thread);
    Name(thread);
    text_ << ": ";
    const SystemCall call = SystemCallOf(thread);
    if (known != nullptr && known->waits) {
      Wait(known->request);
    } else {
      State(call);
    }
    text_ << "\n";
    for (const HeldLock& held : g_held.span()) {
      const bool is_own = held.writer == thread || (known != nullptr && held.holder == known->task);
      if (!is_own) continue;
      text_ << "  holds ";
      Thing(*held.lock);
      text_ << "\n";
    }
    // A wait for a lock is gone on with, whatever its timeout.
    const bool asks_again = known != nullptr && known->waits &&
                            (known->request.type == EventType::kLockRequest ||
                             known->request.type == EventType::kCondWait);
    if (frames == nullptr && EndsBySignal(call) && !asks_again) {
      text_ << "  (not asked for its stack: that would end the call)\n";
      return;
    }
    if (frames == nullptr) frames = AskForStack(thread);
    if (frames == nullptr) text_ << "  (does not answer: it blocks SIGQUIT, or has just ended)\n";
    if (frames != nullptr) Stack(*frames);
  }

 private:
  static std::uint64_t Number(pid_t pid) { return static_cast<std::uint64_t>(pid); }

  void Name(pid_t thread) {
    text_ << "thread " << Number(thread);
    std::array<char, 32> room;
    const std::string_view name = NameOfThread(thread, room);
    if (!name.empty()) text_ << " \"" << name << "\"";
  }

  void Wait(const Request& request) {
    if (request.object == nullptr) {
      text_ << "waits for ";
      Task(request.joined);
      text_ << " to end";
      return;
    }
    switch (request.type) {
      case EventType::kLockRequest:
        text_ << "waits to lock ";
        break;
      case EventType::kRLockRequest:
        text_ << "waits to lock for reading ";
        break;
      case EventType::kCondWait:
        text_ << "waits to be signalled on ";
        break;
      default:
        text_ << "waits on ";
        break;
    }
    Thing(*request.object);
    for (const HeldLock& held : g_held.span()) {
      if (held.lock != request.object) continue;
      text_ << ", which ";
      if (held.writer != 0) {
        Name(held.writer);
      } else {
        Task(held.holder);
      }
      text_ << " holds";
      return;
    }
    const std::uint32_t readers = request.object->count.load();
    if (IsLockWithReaders(request.object->kind) && readers != 0) {
      text_ << ", which " << std::uint64_t{readers}
            << (readers == 1 ? " thread reads" : " threads read");
    }
  }

  void State(const SystemCall& call) {
    if (call.kind == SystemCall::Kind::kRuns) {
      text_ << "runs";
    } else if (call.kind == SystemCall::Kind::kCall) {
      text_ << "in the system call " << static_cast<std::uint64_t>(call.number);
      const std::string_view name = NameOfCall(call.number);
      if (!name.empty()) text_ << " (" << name << ")";
    } else {
      text_ << "is about to end, or the system does not tell";
    }
  }

  void Task(TaskId task) {
    for (const KnownThread& known : g_known.span()) {
      if (known.task == task) return Name(known.thread);
    }
    text_ << "a thread that has ended";
  }

  // "the mutex 0x55d0c0a04060 (/src/bank+0x4060)"
  void Thing(const Object& object) {
    constexpr unsigned kFirstKeyBit = static_cast<unsigned>(KeySpace::kFile);
    const std::uintptr_t address =
        object.address.load() & ((std::uintptr_t{1} << kFirstKeyBit) - 1);
    text_ << "the " << (object.kind == ObjectKind::kCustom ? "futex" : trace::NameOf(object.kind))
          << " ";
    text_.Hex(address);
    dl_find_object found;
    if (_dl_find_object(reinterpret_cast<void*>(address), &found) != 0) return;
    text_ << " (";
    Place(found, address);
    text_ << ")";
  }

  void Stack(const StackFrames& frames) {
    dl_find_object ours;
    const bool known = _dl_find_object(reinterpret_cast<void*>(&DumpTasks), &ours) == 0;
    for (const std::uintptr_t address : frames.span()) {
      dl_find_object found;
      if (_dl_find_object(reinterpret_cast<void*>(address), &found) != 0) {
        (text_ << "    at ").Hex(address) << "\n";
        continue;
      }
      if (known && found.dlfo_link_map == ours.dlfo_link_map) continue;
      text_ << "    at ";
      Place(found, address);
      text_ << "\n";
    }
  }

  // "/src/bank+0x4060"; of the program itself the loader has no path.
  void Place(const dl_find_object& found, std::uintptr_t address) {
    std::string_view path = found.dlfo_link_map->l_name;
    std::array<char, PATH_MAX> room;
    if (path.empty()) {
      const ssize_t length = readlink("/proc/self/exe", room.data(), room.size());
      path = {room.data(), static_cast<std::size_t>(length > 0 ? length : 0)};
    }
    (text_ << path << "+").Hex(address - found.dlfo_link_map->l_addr);
  }

  FixedText text_;
};

}  // namespace

void DumpTasks(const StackFrames* own) {
  LookAtThreads();
  constexpr std::string_view kCut = "\n(and more, for which there is no room)\n";
  Dump dump(std::span(g_text).first(g_text.size() - kCut.size()));
  dump.Head();
  ForEachOwnThread([&](pid_t thread) {
    if (thread != WatcherThread()) dump.Add(thread, thread == gettid() ? own : nullptr);
    return !dump.cut();
  });
  std::size_t used = dump.text().size();
  if (dump.cut()) used += kCut.copy(g_text.data() + used, kCut.size());
  recorder::Say({g_text.data(), used});
}

}  // namespace gordian::interpose
