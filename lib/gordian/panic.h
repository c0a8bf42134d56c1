// Go's panic: an exception that, when it leaves a goroutine, ends the program.
//
//   try { Handle(request); } catch (const gordian::Panic& panic) { … }   // recover
//
// It knows where it was thrown: where it was made, or where the method was called that panicked.
//
// Limits   any other exception that leaves a goroutine ends the program too.
#ifndef GORDIAN_PANIC_H_
#define GORDIAN_PANIC_H_

#include <source_location>
#include <stdexcept>
#include <string>

namespace gordian {

class Panic : public std::runtime_error {
 public:
  explicit Panic(const std::string& message,
                 const std::source_location& at = std::source_location::current())
      : std::runtime_error(message), where_(at) {}

  const std::source_location& where() const { return where_; }

 private:
  std::source_location where_;
};

}  // namespace gordian

#endif  // GORDIAN_PANIC_H_
