# Every warning that tells something, for both compilers. INKAN_WERROR makes them errors.
# -Wpedantic is not among them: the code uses the cleanup attribute and ", ##__VA_ARGS__" of GNU C on purpose.
set(INKAN_WARNINGS
  -Wall -Wextra -Wconversion -Wsign-conversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes
  -Wold-style-definition -Wmissing-declarations -Wvla -Wformat=2 -Wformat-nonliteral -Wundef
  -Wpointer-arith -Wcast-qual -Wcast-align -Wwrite-strings -Wredundant-decls -Wnested-externs
  -Wimplicit-fallthrough -Wdouble-promotion -Wfloat-equal
  -Wdate-time -Winit-self -Wunused-macros)

if(CMAKE_C_COMPILER_ID STREQUAL "GNU")
  list(APPEND INKAN_WARNINGS -Wlogical-op -Wduplicated-cond -Wduplicated-branches -Wjump-misses-init
    -Wtrampolines -Wstringop-overflow=4 -Walloc-zero -Wunsuffixed-float-constants)
else()
  list(APPEND INKAN_WARNINGS -Wcomma -Wnull-dereference -Wassign-enum -Wconditional-uninitialized -Wloop-analysis
    -Wshift-sign-overflow -Wunreachable-code -Wstring-conversion
    -Wincompatible-pointer-types-discards-qualifiers)
endif()
add_compile_options(${INKAN_WARNINGS})
if(INKAN_WERROR)
  add_compile_options(-Werror)
endif()
