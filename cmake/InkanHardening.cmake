# What the release presets add (INKAN_HARDEN), and the sanitizers of the asan presets (INKAN_SANITIZE).
include(CheckCCompilerFlag)

if(INKAN_HARDEN)
  set(CMAKE_POSITION_INDEPENDENT_CODE ON)
  include(CheckPIESupported)
  check_pie_supported(LANGUAGES C)
  add_compile_options(-fstack-protector-strong -fstack-clash-protection
    -fno-delete-null-pointer-checks)
  check_c_compiler_flag(-ftrivial-auto-var-init=zero INKAN_AUTO_VAR_INIT) # clang 14 has it only as an experiment
  if(INKAN_AUTO_VAR_INIT)
    add_compile_options(-ftrivial-auto-var-init=zero)
  endif()
  if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|i.86")
    add_compile_options(-fcf-protection=full)
  elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "aarch64")
    add_compile_options(-mbranch-protection=standard)
  endif()
  # glibc 2.36 and newer: level 3 with gcc 12 and with clang 9 and newer.
  include(CheckCSourceCompiles)
  set(CMAKE_REQUIRED_FLAGS "-O2 -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 -Werror")
  check_c_source_compiles("#include <string.h>
#if !defined(__USE_FORTIFY_LEVEL) || __USE_FORTIFY_LEVEL < 3
#error lower
#endif
int main(void) { return 0; }" INKAN_FORTIFY_3)
  unset(CMAKE_REQUIRED_FLAGS)
  if(INKAN_FORTIFY_3)
    add_compile_options(-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3)
  else()
    add_compile_options(-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
  endif()
  add_link_options(-Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack -Wl,-z,separate-code)
endif()

if(INKAN_SANITIZE)
  add_compile_options(-fsanitize=${INKAN_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${INKAN_SANITIZE})
endif()

# The rooms tell libFuzzer where an input led; only the fuzzers of tests/fuzz have its main.
if(INKAN_FUZZ)
  if(NOT CMAKE_C_COMPILER_ID MATCHES "Clang")
    message(FATAL_ERROR "INKAN_FUZZ wants clang")
  endif()
  add_compile_options(-fsanitize=fuzzer-no-link)
  add_link_options(-fsanitize=fuzzer-no-link)
endif()
