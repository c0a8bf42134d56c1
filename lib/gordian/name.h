// Names for objects, so that reports speak the program's own words.
//
//   gordian::Name(accounts[i].mu, absl::StrFormat("accounts[%d].mu", i));
#ifndef GORDIAN_NAME_H_
#define GORDIAN_NAME_H_

#include <string_view>

namespace gordian {

// Every primitive can be named; the last name counts. A copy is kept for ever.
template <typename Object>
  requires requires(Object& object, std::string_view name) { object.SetName(name); }
void Name(Object& object, std::string_view name) {
  object.SetName(name);
}

}  // namespace gordian

#endif  // GORDIAN_NAME_H_
