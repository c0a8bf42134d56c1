// How far a long step has got, on stderr, where that is a terminal; nothing elsewhere.
#ifndef GORDIAN_TOOLS_PROGRESS_H_
#define GORDIAN_TOOLS_PROGRESS_H_

#include <chrono>
#include <cstdint>
#include <string>

namespace gordian::tools {

class Progress {
 public:
  explicit Progress(std::string what);
  ~Progress();  // takes the line away again
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // Shows a percentage, at most ten times a second, and not before it has taken a while.
  void Update(std::uint64_t done, std::uint64_t total);

 private:
  using Clock = std::chrono::steady_clock;

  const std::string what_;
  const bool is_terminal_;
  bool shown_ = false;
  Clock::time_point next_;
};

}  // namespace gordian::tools

#endif  // GORDIAN_TOOLS_PROGRESS_H_
