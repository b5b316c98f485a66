# Included by llama.cpp's project(): the library alone, without what its own programs share.
set(LLAMA_BUILD_COMMON OFF)
