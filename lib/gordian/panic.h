// Go's panic: an exception that, when it leaves a goroutine, ends the program.
//
//   try { Handle(request); } catch (const gordian::Panic& panic) { … }   // recover
//
// Limits   any other exception that leaves a goroutine ends the program too.
#ifndef GORDIAN_PANIC_H_
#define GORDIAN_PANIC_H_

#include <stdexcept>
#include <string>

namespace gordian {

class Panic : public std::runtime_error {
 public:
  explicit Panic(const std::string& message) : std::runtime_error(message) {}
};

}  // namespace gordian

#endif  // GORDIAN_PANIC_H_
