// What a document costs on its way through a service: 19 KB of station configuration.

#include <benchmark/benchmark.h>
#include <zstd.h>

#include <string>

#include "common/document/compression.h"
#include "common/document/document_checker.h"
#include "common/document/sha256.h"

namespace understudy {
namespace {

std::string StationDocument() {
  std::string document = "{\"cameras\": [";
  for (int i = 0; document.size() < 19'000; ++i) {
    const std::string number = std::to_string(i);
    document += std::string(i == 0 ? "" : ",") + "{\"id\": \"cam-" + number +
                "\", \"rtsp\": \"rtsp://10.1." + std::to_string(i * 37 % 256) + "." + number +
                ":554/stream\", \"fps\": 25, \"region\": [[" + std::to_string(i * 131 % 1920) +
                ", 0], [1920, " + std::to_string(i * 17 % 1080) + "]], \"threshold\": 0." +
                std::to_string(40 + i % 50) + "}\n";
  }
  return document + "]}";
}

void BM_Sha256(benchmark::State& state) {
  const std::string document = StationDocument();
  for (auto _ : state) benchmark::DoNotOptimize(Sha256Of(document));
}
BENCHMARK(BM_Sha256);

void BM_CheckDocument(benchmark::State& state) {
  const std::string document = StationDocument();
  for (auto _ : state) benchmark::DoNotOptimize(CheckDocument(kJsonContentType, document).ok());
}
BENCHMARK(BM_CheckDocument);

void BM_Pack(benchmark::State& state) {
  const std::string document = StationDocument();
  for (auto _ : state) benchmark::DoNotOptimize(Pack(document).ok());
}
BENCHMARK(BM_Pack);

// Against BM_Pack: what keeping a context per thread would save.
void BM_PackWithKeptContext(benchmark::State& state) {
  const std::string document = StationDocument();
  ZSTD_CCtx* context = ZSTD_createCCtx();
  for (auto _ : state) {
    std::string packed(ZSTD_compressBound(document.size()), '\0');
    benchmark::DoNotOptimize(ZSTD_compressCCtx(context, packed.data(), packed.size(),
                                               document.data(), document.size(), 3));
  }
  ZSTD_freeCCtx(context);
}
BENCHMARK(BM_PackWithKeptContext);

void BM_Unpack(benchmark::State& state) {
  const std::string packed = *Pack(StationDocument());
  for (auto _ : state) benchmark::DoNotOptimize(Unpack(packed).ok());
}
BENCHMARK(BM_Unpack);

// Against BM_Unpack.
void BM_UnpackWithKeptContext(benchmark::State& state) {
  const std::string document = StationDocument();
  const std::string packed = *Pack(document);
  ZSTD_DCtx* context = ZSTD_createDCtx();
  for (auto _ : state) {
    std::string content(document.size(), '\0');
    benchmark::DoNotOptimize(
        ZSTD_decompressDCtx(context, content.data(), content.size(), packed.data(), packed.size()));
  }
  ZSTD_freeDCtx(context);
}
BENCHMARK(BM_UnpackWithKeptContext);

}  // namespace
}  // namespace understudy
