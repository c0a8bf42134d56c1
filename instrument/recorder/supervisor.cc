#include "instrument/recorder/supervisor.h"

#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>
#include <random>

#include "instrument/recorder/protocol.h"
#include "instrument/recorder/scoped_fd.h"

namespace gordian::recorder {
namespace {

// How often an idle drainer looks, and shows that it lives.
constexpr int kIdleMs = 100;
// How long a process that has connected may take to say hello.
constexpr timeval kHelloPatience{.tv_sec = 0, .tv_usec = 200'000};

std::string SystemError(const char* what) {
  return std::string(what) + ": " + std::strerror(errno);
}

// Names nobody can guess beforehand: the abstract namespace has no permissions.
std::string FreshAddress() {
  std::random_device random;
  return "gordian-" + std::to_string(getpid()) + "-" + std::to_string(random());
}

// Reads Hello from a new connection, and who it really is.
bool ReceiveHello(int connection, Hello& hello, ucred& peer) {
  setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &kHelloPatience, sizeof kHelloPatience);
  socklen_t length = sizeof peer;
  if (recv(connection, &hello, sizeof hello, 0) != sizeof hello ||
      getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0) {
    return false;
  }
  hello.program[sizeof hello.program - 1] = '\0';
  return hello.magic == kProtocolMagic && peer.pid > 0 && (peer.uid == geteuid() || peer.uid == 0);
}

bool SendWelcome(int connection, const int (&descriptors)[kWelcomeDescriptors]) {
  Welcome welcome{.accepted = 1};
  iovec data{&welcome, sizeof welcome};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof descriptors)] = {};
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  cmsghdr* rights = CMSG_FIRSTHDR(&message);
  rights->cmsg_level = SOL_SOCKET;
  rights->cmsg_type = SCM_RIGHTS;
  rights->cmsg_len = CMSG_LEN(sizeof descriptors);
  std::memcpy(CMSG_DATA(rights), descriptors, sizeof descriptors);
  return sendmsg(connection, &message, MSG_NOSIGNAL) == sizeof welcome;
}

int OpenPidfd(pid_t pid) { return static_cast<int>(syscall(SYS_pidfd_open, pid, 0)); }

}  // namespace

std::unique_ptr<Supervisor> Supervisor::Start(TracePath trace_path, std::string& error) {
  std::unique_ptr<Supervisor> supervisor(new Supervisor);
  supervisor->trace_path_ = std::move(trace_path);
  if (!supervisor->Listen(error)) return nullptr;
  supervisor->drainer_ = std::thread([raw = supervisor.get()] { raw->DrainLoop(); });
  return supervisor;
}

bool Supervisor::Listen(std::string& error) {
  doorbell_fd_ = MakeSharedMemory("gordian-doorbell", sizeof(Doorbell));
  void* doorbell = doorbell_fd_ < 0 ? MAP_FAILED
                                    : mmap(nullptr, sizeof(Doorbell), PROT_READ | PROT_WRITE,
                                           MAP_SHARED, doorbell_fd_, 0);
  if (doorbell == MAP_FAILED) {
    error = SystemError("cannot make shared memory");
    return false;
  }
  doorbell_ = new (doorbell) Doorbell;
  address_ = FreshAddress();
  sockaddr_un name{.sun_family = AF_UNIX};
  std::memcpy(name.sun_path + 1, address_.data(), address_.size());
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + address_.size());
  listener_ = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (listener_ < 0 || bind(listener_, reinterpret_cast<sockaddr*>(&name), length) != 0 ||
      listen(listener_, SOMAXCONN) != 0) {
    error = SystemError("cannot listen for the program");
    return false;
  }
  return true;
}

Supervisor::~Supervisor() {
  stop_.store(true);
  if (drainer_.joinable()) {
    doorbell_->rung.fetch_add(1);
    FutexWake(doorbell_->rung);
    drainer_.join();
  }
  if (listener_ >= 0) close(listener_);
  if (doorbell_ != nullptr) munmap(doorbell_, sizeof(Doorbell));
  if (doorbell_fd_ >= 0) close(doorbell_fd_);
}

void Supervisor::Watch(std::vector<pollfd>& descriptors) const {
  descriptors.push_back({.fd = listener_, .events = POLLIN});
  for (const auto& process : processes_) {
    if (!process->finished()) descriptors.push_back({.fd = process->pidfd(), .events = POLLIN});
  }
}

void Supervisor::Handle(std::span<const pollfd> descriptors) {
  const auto is_ready = [descriptors](int fd) {
    return std::ranges::any_of(
        descriptors, [fd](const pollfd& polled) { return polled.fd == fd && polled.revents != 0; });
  };
  // The ended ones first: a process that was admitted now cannot have been polled.
  for (const auto& process : processes_) {
    if (!process->finished() && is_ready(process->pidfd())) process->Finish();
  }
  if (is_ready(listener_)) Admit();
}

void Supervisor::Admit() {
  const ScopedFd connection(accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC));
  Hello hello;
  ucred peer{};
  if (!connection.ok() || !ReceiveHello(connection.get(), hello, peer)) return;
  // The peer waits for our answer, so its pid cannot have gone to another process.
  ScopedFd pidfd(OpenPidfd(peer.pid));
  const ScopedFd region_fd(memfd_create("gordian-region", MFD_CLOEXEC));
  std::optional<Region> region;
  if (region_fd.ok()) {
    region = Region::Create(region_fd.get(), kRegionChunks, Backing::kSharedMemory);
  }
  if (!pidfd.ok() || !region) {
    const Welcome refusal;
    send(connection.get(), &refusal, sizeof refusal, MSG_NOSIGNAL);
    ++refused_;
    return;
  }
  // A second hello of a live process: it has exec'd, and the old image is gone.
  for (const auto& process : processes_) {
    if (process->identity().pid == peer.pid && !process->finished()) process->Finish();
  }
  RecordedProcess::Identity identity{peer.pid, hello.parent, hello.program, hello.forked != 0};
  std::string path = trace_path_(identity, processes_.size());
  auto process = std::make_shared<RecordedProcess>(std::move(identity), pidfd.release(),
                                                   std::move(*region), std::move(path));
  if (SendWelcome(connection.get(), {region_fd.get(), doorbell_fd_})) {
    std::lock_guard lock(mutex_);
    processes_.push_back(std::move(process));
  }
}

void Supervisor::DrainLoop() {
  while (!stop_.load()) {
    const std::uint32_t rung = doorbell_->rung.load();
    Processes processes;
    {
      std::lock_guard lock(mutex_);
      processes = processes_;
    }
    bool found = false;
    for (const auto& process : processes) {
      process->Beat();
      found |= process->Drain(DrainKind::kFull);
    }
    if (found) continue;
    doorbell_->sleeping.store(1);
    FutexWait(doorbell_->rung, rung, kIdleMs);
    doorbell_->sleeping.store(0);
  }
}

}  // namespace gordian::recorder
