# Which kernels llama.cpp is built with: few enough to be built in minutes, and one that fits for each processor.
#
# llama.cpp knows one set (what the building machine has) or all fourteen (ten processor minutes).  Its ggml/src includes
# a module of this name first of all, so that this one, found before CMake's own, can add to what that folder defines:
# beside the set that the options name, which needs AVX2, those for processors that have less or more.  Where ggml is
# built in another way the options' set alone comes of it, which still works.  AMX is left out: it crashes.
include(${CMAKE_ROOT}/Modules/CheckCXXCompilerFlag.cmake)

function(lsfs_add_kernels)
    if(NOT COMMAND ggml_add_cpu_backend_variant OR NOT GGML_SYSTEM_ARCH STREQUAL "x86" OR GGML_CPU_ALL_VARIANTS)
        return()
    endif()
    ggml_add_cpu_backend_variant(x64)
    ggml_add_cpu_backend_variant(alderlake SSE42 AVX F16C FMA AVX2 BMI2 AVX_VNNI)
    ggml_add_cpu_backend_variant(skylakex SSE42 AVX F16C FMA AVX2 BMI2 AVX512)
    ggml_add_cpu_backend_variant(icelake SSE42 AVX F16C FMA AVX2 BMI2 AVX512 AVX512_VBMI AVX512_VNNI)
endfunction()

if(CMAKE_CURRENT_SOURCE_DIR MATCHES "/ggml/src$")
    cmake_language(DEFER CALL lsfs_add_kernels)
endif()
