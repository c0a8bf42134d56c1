// The library that is preloaded into programs which were not built with Gordian.
#ifndef GORDIAN_TOOLS_RUN_PRELOAD_H_
#define GORDIAN_TOOLS_RUN_PRELOAD_H_

#include <string>

namespace gordian::tools {

// Its path: beside the command in a build, in the library folder of an installation. Empty where
// it is missing.
std::string PreloadLibrary();

// What LD_PRELOAD is for the program: ours before what the caller has set.
std::string PreloadVariable(const std::string& library);

// Why the recorder cannot attach to `program`, looked up in PATH: a clause, or empty where nothing
// speaks against it.
std::string WhyNotRecordable(const std::string& program);

}  // namespace gordian::tools

#endif  // GORDIAN_TOOLS_RUN_PRELOAD_H_
