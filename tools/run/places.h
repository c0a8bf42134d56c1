// What a program says of itself, with the names of places: "/src/bank+0x1234" becomes
// "Transfer  bank.cc:18" in a line that begins with "at", and the name of a variable elsewhere.
//
// Cost      loads the debug information of each file that is named.
#ifndef GORDIAN_TOOLS_RUN_PLACES_H_
#define GORDIAN_TOOLS_RUN_PLACES_H_

#include <string>
#include <string_view>

namespace gordian::tools {

std::string WithPlaces(std::string_view text);

}  // namespace gordian::tools

#endif  // GORDIAN_TOOLS_RUN_PLACES_H_
