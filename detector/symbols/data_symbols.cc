#include "detector/symbols/data_symbols.h"

#include <algorithm>
#include <utility>

#include "llvm/Object/ELFObjectFile.h"

namespace gordian::detector {
namespace {

using llvm::object::ELFSymbolRef;

// What `value` holds; nothing where it is an error.
template <typename T>
T Or(llvm::Expected<T> value, T otherwise) {
  if (value) return *std::move(value);
  llvm::consumeError(value.takeError());
  return otherwise;
}

}  // namespace

DataSymbols::DataSymbols(const std::string& path) {
  auto file = llvm::object::ObjectFile::createObjectFile(path);
  if (!file) {
    llvm::consumeError(file.takeError());
    return;
  }
  const auto* elf = llvm::dyn_cast<llvm::object::ELFObjectFileBase>(file->getBinary());
  if (elf == nullptr) return;
  const auto add = [&](const ELFSymbolRef& symbol) {
    const std::uint64_t begin = Or<std::uint64_t>(symbol.getAddress(), 0);
    if (symbol.getELFType() != llvm::ELF::STT_OBJECT || begin == 0 || symbol.getSize() == 0) return;
    const llvm::StringRef name = Or<llvm::StringRef>(symbol.getName(), "");
    if (!name.empty()) symbols_.push_back({begin, symbol.getSize(), name.str()});
  };
  for (const ELFSymbolRef& symbol : elf->symbols()) add(symbol);
  if (symbols_.empty()) {
    for (const ELFSymbolRef& symbol : elf->getDynamicSymbolIterators()) add(symbol);
  }
  std::ranges::sort(symbols_, {}, [](const Symbol& symbol) {
    return std::pair(symbol.begin, std::string_view(symbol.name));
  });
}

const DataSymbols::Symbol* DataSymbols::At(std::uint64_t address) const {
  const auto after = std::ranges::upper_bound(symbols_, address, {}, &Symbol::begin);
  // Of those that begin at one place any may be the longest.
  for (auto symbol = after; symbol != symbols_.begin();) {
    --symbol;
    if (address - symbol->begin < symbol->bytes) return &*symbol;
    if (symbol->begin != std::prev(after)->begin) return nullptr;
  }
  return nullptr;
}

}  // namespace gordian::detector
