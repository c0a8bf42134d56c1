#include "instrument/recorder/connect.h"

#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstring>
#include <string_view>

#include "instrument/recorder/protocol.h"
#include "instrument/recorder/scoped_fd.h"

namespace gordian::recorder {
namespace {

Hello Introduction(bool forked) {
  Hello hello;
  hello.pid = getpid();
  hello.parent = getppid();
  hello.forked = forked ? 1 : 0;
  char path[PATH_MAX];
  const ssize_t length = readlink("/proc/self/exe", path, sizeof path);
  if (length > 0) {
    std::string_view program(path, static_cast<std::size_t>(length));
    program.remove_prefix(program.size() - std::min(program.size(), sizeof hello.program - 1));
    std::memcpy(hello.program, program.data(), program.size());
  }
  return hello;
}

int ConnectTo(const char* address) {
  sockaddr_un name{.sun_family = AF_UNIX};
  const std::size_t length = std::strlen(address);
  if (length + 1 > sizeof name.sun_path) return -1;
  std::memcpy(name.sun_path + 1, address, length);  // a leading 0: the abstract namespace
  const int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  const timeval patience{.tv_sec = 2};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  if (connect(fd, reinterpret_cast<const sockaddr*>(&name),
              static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + length)) != 0) {
    close(fd);
    return -1;
  }
  return fd;
}

// The region's and the doorbell's descriptors, or false.
bool ReceiveWelcome(int socket, int (&descriptors)[kWelcomeDescriptors]) {
  Welcome welcome{};
  iovec data{&welcome, sizeof welcome};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof descriptors)];
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  ssize_t got;
  do {
    got = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
  } while (got < 0 && errno == EINTR);
  const cmsghdr* rights = got > 0 ? CMSG_FIRSTHDR(&message) : nullptr;
  if (got != sizeof welcome || welcome.magic != kProtocolMagic || welcome.accepted == 0 ||
      rights == nullptr || rights->cmsg_type != SCM_RIGHTS ||
      rights->cmsg_len != CMSG_LEN(sizeof descriptors)) {
    return false;
  }
  std::memcpy(descriptors, CMSG_DATA(rights), sizeof descriptors);
  return true;
}

std::unique_ptr<RegionSink> Meet(int socket, bool forked) {
  const Hello hello = Introduction(forked);
  int descriptors[kWelcomeDescriptors];
  if (send(socket, &hello, sizeof hello, MSG_NOSIGNAL) != sizeof hello ||
      !ReceiveWelcome(socket, descriptors)) {
    return nullptr;
  }
  const ScopedFd region_fd(descriptors[0]), doorbell_fd(descriptors[1]);
  std::optional<Region> region = Region::Attach(region_fd.get(), Backing::kSharedMemory);
  if (!region) return nullptr;
  void* doorbell =
      mmap(nullptr, sizeof(Doorbell), PROT_READ | PROT_WRITE, MAP_SHARED, doorbell_fd.get(), 0);
  if (doorbell == MAP_FAILED) return nullptr;
  return std::make_unique<RegionSink>(std::move(*region), static_cast<Doorbell*>(doorbell));
}

}  // namespace

std::unique_ptr<RegionSink> ConnectToSupervisor(const char* address, bool forked) {
  const int saved = errno;
  std::unique_ptr<RegionSink> sink;
  // Nobody there: the run that this variable came from is over, which is no news.
  if (const ScopedFd socket(ConnectTo(address)); socket.ok()) {
    sink = Meet(socket.get(), forked);
    if (sink == nullptr) {
      dprintf(2,
              "gordian: process %d is not recorded: no answer, or no room (ulimit -f, -n or -v?)\n",
              getpid());
    }
  }
  errno = saved;
  return sink;
}

}  // namespace gordian::recorder
