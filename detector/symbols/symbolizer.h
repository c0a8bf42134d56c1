// Function, file and line of an address, through LLVM's symbolizer.
//
// An object file is used only where its build id is the recorded one (or the trace has
// none): names from another build would point at the wrong lines. Stripped files are
// looked up by build id in the system's folder of debug information.
// Locking   none: one thread at a time.
// Cost      the first address of a file loads its debug information; memory is bounded
//           by LLVM's cache.
#ifndef GORDIAN_DETECTOR_SYMBOLS_SYMBOLIZER_H_
#define GORDIAN_DETECTOR_SYMBOLS_SYMBOLIZER_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "detector/symbols/site_table.h"

namespace gordian::detector {

class Symbolizer final : public AddressResolver {
 public:
  Symbolizer();
  ~Symbolizer() override;

  std::vector<Frame> Resolve(const Module& module, std::uint64_t offset) override;
  std::optional<Variable> ResolveData(const Module& module, std::uint64_t offset) override;
  std::optional<Definition> ResolveDefinition(const Module& module, std::uint64_t offset) override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace gordian::detector

#endif  // GORDIAN_DETECTOR_SYMBOLS_SYMBOLIZER_H_
