// The variables in an object file's symbol table, by address. No debug information is read for
// them: that of a large program takes seconds.
#ifndef GORDIAN_DETECTOR_SYMBOLS_DATA_SYMBOLS_H_
#define GORDIAN_DETECTOR_SYMBOLS_DATA_SYMBOLS_H_

#include <cstdint>
#include <string>
#include <vector>

namespace gordian::detector {

class DataSymbols {
 public:
  struct Symbol {
    std::uint64_t begin = 0;  // in the file's addresses
    std::uint64_t bytes = 0;
    std::string name;  // as the linker knows it
  };

  // None where the file cannot be read.
  explicit DataSymbols(const std::string& path);

  bool empty() const { return symbols_.empty(); }
  // The one that `address` lies in, or nullptr.
  const Symbol* At(std::uint64_t address) const;

 private:
  std::vector<Symbol> symbols_;  // by address
};

}  // namespace gordian::detector

#endif  // GORDIAN_DETECTOR_SYMBOLS_DATA_SYMBOLS_H_
