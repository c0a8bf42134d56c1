#include "instrument/recorder/guest.h"

#include <dlfcn.h>

#include "instrument/recorder/internal.h"

namespace gordian::recorder {
namespace {

// Of what both sides touch.
constexpr std::uint64_t kLayout =
    sizeof(ThreadLog) << 32 | sizeof(Tracked) << 16 | sizeof(ChunkHeader);

Host g_own;

}  // namespace

namespace internal {
constinit std::atomic<const Guest*> g_guest{nullptr};
constinit std::atomic<const Host*> g_host{nullptr};
}  // namespace internal

void InviteGuest(Stretch (*stretch)()) {
  using Joins = const Guest*(const Host*);
  auto* const joins = reinterpret_cast<Joins*>(dlsym(RTLD_DEFAULT, kGuestJoins));
  if (joins == nullptr) return;
  g_own = {.layout = kLayout,
           .next_object = &internal::NextObject(),
           .stretch = stretch,
           .refill = &Access::Refill,
           .stack = [](ThreadLog& log, std::span<const std::uintptr_t> addresses) {
             return log.Stack(addresses);
           }};
  const Guest* guest = joins(&g_own);
  if (guest == nullptr) return;
  internal::g_guest.store(guest);
  if (On()) guest->began(internal::g_first_object.load());
}

bool BecomeGuest(const Host& host) {
  if (host.layout != kLayout) return false;
  internal::g_host.store(&host);
  return true;
}

void BeginAsGuest(ObjectId first_object) {
  internal::g_first_object.store(first_object);
  internal::g_on.store(true);
}

void EndAsGuest() { internal::g_on.store(false); }

}  // namespace gordian::recorder
