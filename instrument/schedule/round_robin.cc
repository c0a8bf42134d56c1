#include "instrument/schedule/policy.h"

namespace gordian::schedule {
namespace {

class RoundRobin final : public Policy {
 public:
  Controlled* Next(const Runnable& runnable, std::uint32_t last) override {
    Controlled key{.ordinal = last};
    const auto after = runnable.upper_bound(&key);
    return after != runnable.end() ? *after : *runnable.begin();
  }

  std::uint32_t Choose(Choice choice, std::uint32_t n) override {
    if (choice == Choice::kWaiter || choice == Choice::kPoolItem) return 0;
    return static_cast<std::uint32_t>(turn_++ % n);
  }

 private:
  std::uint64_t turn_ = 0;
};

}  // namespace

std::unique_ptr<Policy> MakeRoundRobin() { return std::make_unique<RoundRobin>(); }

std::unique_ptr<Policy> MakePolicy(std::string_view name) {
  if (name == "roundrobin") return MakeRoundRobin();
  return nullptr;
}

}  // namespace gordian::schedule
