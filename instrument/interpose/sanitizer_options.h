// TSAN_OPTIONS: what of ThreadSanitizer's options has a meaning here, and what to say of the rest.
//
//   SanitizerOptions options;
//   options.Take(__tsan_default_options());
//   options.Take(getenv("TSAN_OPTIONS"));     // the stronger last
//   const SanitizerSettings settings = options.Settle();
//
// An option is followed, or asks for what is done anyway and is passed over, or gets one line: why
// it has no meaning.
#ifndef GORDIAN_INSTRUMENT_INTERPOSE_SANITIZER_OPTIONS_H_
#define GORDIAN_INSTRUMENT_INTERPOSE_SANITIZER_OPTIONS_H_

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace gordian::interpose {

struct SanitizerSettings {
  std::string exitcode;                 // empty: not said
  std::string suppressions;             // a file; empty: none
  std::vector<std::string> leaves_out;  // as `suppress` records have it
  std::vector<std::string> remarks;     // sentences
};

class SanitizerOptions {
 public:
  // `text` may be nullptr.
  void Take(const char* text);
  SanitizerSettings Settle() const;

 private:
  std::map<std::string, std::string> values_;
};

// The lines of a list of suppressions; what is none is remarked on.
std::vector<std::string> SuppressionsIn(std::string_view text, std::vector<std::string>& remarks);

}  // namespace gordian::interpose

#endif  // GORDIAN_INSTRUMENT_INTERPOSE_SANITIZER_OPTIONS_H_
