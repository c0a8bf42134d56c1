# Writes OUTPUT, a C++ file that holds every page of FOLDER (docs/rules) for
# tools/rule_pages.h. Run with `cmake -DFOLDER=… -DOUTPUT=… -P`.
file(GLOB pages RELATIVE ${FOLDER} ${FOLDER}/*.md)
list(SORT pages)
set(rows "")
foreach(page ${pages})
  file(READ ${FOLDER}/${page} text)
  string(REGEX REPLACE "\\.md$" "" rule ${page})
  string(APPEND rows "    {\"${rule}\", R\"page(${text})page\"},\n")
endforeach()
file(WRITE ${OUTPUT} "#include \"tools/rule_pages.h\"

#include <array>

namespace gordian::tools {
namespace {

constexpr auto kPages = std::to_array<RulePage>({
${rows}});

}  // namespace

std::span<const RulePage> RulePages() { return kPages; }

}  // namespace gordian::tools
")
