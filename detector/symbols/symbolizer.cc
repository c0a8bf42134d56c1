#include "detector/symbols/symbolizer.h"

#include <filesystem>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "detector/symbols/data_symbols.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/DebugInfo/Symbolize/Symbolize.h"
#include "llvm/Demangle/Demangle.h"
#include "llvm/Object/BuildID.h"
#include "llvm/Object/ObjectFile.h"

namespace gordian::detector {
namespace {

// The build id inside an object file, in lower-case hexadecimal; "" where it has none or
// cannot be read.
std::string BuildIdOf(const std::string& path) {
  auto file = llvm::object::ObjectFile::createObjectFile(path);
  if (!file) {
    llvm::consumeError(file.takeError());
    return "";
  }
  return llvm::toHex(llvm::object::getBuildID(file->getBinary()), /*LowerCase=*/true);
}

bool IsRegular(const std::string& path) {
  std::error_code error;
  return std::filesystem::is_regular_file(path, error);
}

// A build id comes from the trace: only what is one may become part of a path.
bool IsHex(const std::string& text) {
  return text.size() > 2 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

std::string Known(const std::string& text) {
  return text == llvm::DILineInfo::BadString ? std::string() : text;
}

}  // namespace

struct Symbolizer::State {
  llvm::symbolize::LLVMSymbolizer llvm;
  absl::flat_hash_map<std::string, std::string> files;  // path and build id → usable file, or ""
  absl::flat_hash_map<std::string, std::unique_ptr<DataSymbols>> data;  // by usable file

  static llvm::symbolize::LLVMSymbolizer::Options Options() {
    llvm::symbolize::LLVMSymbolizer::Options options;
    options.Demangle = true;
    options.DebugFileDirectory = {"/usr/lib/debug"};
    options.MaxCacheSize = std::size_t{256} << 20;
    return options;
  }

  State() : llvm(Options()) {}

  // The file to read the names of `module` from, or "".
  const std::string& FileOf(const Module& module) {
    const auto [found, is_new] =
        files.try_emplace(absl::StrCat(module.path, "\n", module.build_id));
    if (is_new) found->second = Find(module);
    return found->second;
  }

  // Its variables: those of the file, or of its debug file where that has more to say.
  const DataSymbols& DataOf(const Module& module) {
    const std::string& path = FileOf(module);
    const auto [found, is_new] = data.try_emplace(path);
    if (!is_new) return *found->second;
    const std::string debug = DebugFile(absl::AsciiStrToLower(module.build_id));
    auto symbols = std::make_unique<DataSymbols>(debug.empty() ? path : debug);
    if (symbols->empty() && !debug.empty()) symbols = std::make_unique<DataSymbols>(path);
    found->second = std::move(symbols);
    return *found->second;
  }

  static std::string Find(const Module& module) {
    const std::string id = absl::AsciiStrToLower(module.build_id);
    if (IsRegular(module.path) && (id.empty() || BuildIdOf(module.path) == id)) return module.path;
    return DebugFile(id);
  }

  // The system's file of debug information for a build, or "".
  static std::string DebugFile(const std::string& id) {
    if (!IsHex(id)) return "";
    const std::string debug =
        absl::StrCat("/usr/lib/debug/.build-id/", id.substr(0, 2), "/", id.substr(2), ".debug");
    return IsRegular(debug) && BuildIdOf(debug) == id ? debug : "";
  }
};

Symbolizer::Symbolizer() : state_(std::make_unique<State>()) {}
Symbolizer::~Symbolizer() = default;

std::vector<Frame> Symbolizer::Resolve(const Module& module, std::uint64_t offset) {
  const std::string& path = state_->FileOf(module);
  if (path.empty()) return {};
  auto found = state_->llvm.symbolizeInlinedCode(
      path, {offset, llvm::object::SectionedAddress::UndefSection});
  if (!found) {
    llvm::consumeError(found.takeError());
    return {};
  }
  std::vector<Frame> frames;
  const std::uint32_t count = found->getNumberOfFrames();
  for (std::uint32_t i = 0; i < count; ++i) {
    const llvm::DILineInfo& info = found->getFrame(i);
    Frame frame{.function = Known(info.FunctionName),
                .file = Known(info.FileName),
                .line = info.Line,
                .column = info.Column,
                .inlined = i + 1 < count};
    if (frame.function.empty() && frame.file.empty()) continue;
    if (frame.file.empty()) {
      frame.file = absl::StrCat(module.path, "+0x", absl::Hex(offset));
    }
    frames.push_back(std::move(frame));
  }
  return frames;
}

std::optional<Variable> Symbolizer::ResolveData(const Module& module, std::uint64_t offset) {
  const DataSymbols::Symbol* found = state_->DataOf(module).At(offset);
  if (found == nullptr) return std::nullopt;
  std::string name = VariableName(llvm::demangle(found->name));
  if (name.empty()) return std::nullopt;
  return Variable{.name = std::move(name), .begin = found->begin, .bytes = found->bytes};
}

std::optional<Definition> Symbolizer::ResolveDefinition(const Module& module,
                                                        std::uint64_t offset) {
  const std::string& path = state_->FileOf(module);
  if (path.empty()) return std::nullopt;
  auto found =
      state_->llvm.symbolizeData(path, {offset, llvm::object::SectionedAddress::UndefSection});
  if (!found) {
    llvm::consumeError(found.takeError());
    return std::nullopt;
  }
  std::string file = Known(found->DeclFile);
  if (file.empty()) return std::nullopt;
  return Definition{.file = std::move(file), .line = static_cast<std::uint32_t>(found->DeclLine)};
}

}  // namespace gordian::detector
