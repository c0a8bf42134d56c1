// What a recorded process and its supervisor say to each other when they meet.
//
// One exchange over a sequenced-packet Unix socket in the abstract namespace, whose name is
// in the environment: Hello one way, Welcome with two descriptors (the region, the
// doorbell) the other. Then both close the socket: a program that closes all its
// descriptors keeps its recording, and its end is seen through a pidfd.
#ifndef GORDIAN_INSTRUMENT_RECORDER_PROTOCOL_H_
#define GORDIAN_INSTRUMENT_RECORDER_PROTOCOL_H_

#include <cstdint>

namespace gordian::recorder {

inline constexpr char kSupervisorVariable[] = "GORDIAN_SUPERVISOR";
inline constexpr std::uint64_t kProtocolMagic = 0x314F4C4C45484447;  // "GDHELLO1"

struct Hello {
  std::uint64_t magic = kProtocolMagic;
  std::int32_t pid = 0;  // as the process itself sees it
  std::int32_t parent = 0;
  std::uint32_t forked = 0;  // 1: a child that goes on in its parent's image
  std::uint32_t reserved = 0;
  char program[104] = {};  // the executable's path, its end if it is long; 0-terminated
};
static_assert(sizeof(Hello) == 128);

struct Welcome {
  std::uint64_t magic = kProtocolMagic;
  std::uint64_t accepted = 0;  // 0: no memory for this process; no descriptors come
};
inline constexpr int kWelcomeDescriptors = 2;

}  // namespace gordian::recorder

#endif  // GORDIAN_INSTRUMENT_RECORDER_PROTOCOL_H_
