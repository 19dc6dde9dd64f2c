# The outside libraries, each as a target. A room names the ones it needs in LIBS; they stay private to it.
find_package(PkgConfig REQUIRED)
find_package(OpenSSL 3.0 REQUIRED) # OpenSSL::Crypto, OpenSSL::SSL

pkg_check_modules(YAML REQUIRED IMPORTED_TARGET yaml-0.1)
pkg_check_modules(CURL REQUIRED IMPORTED_TARGET libcurl>=7.88)
pkg_check_modules(P11KIT REQUIRED IMPORTED_TARGET p11-kit-1>=0.24)
pkg_check_modules(SQLITE REQUIRED IMPORTED_TARGET sqlite3>=3.37)
pkg_check_modules(OATH REQUIRED IMPORTED_TARGET liboath>=2.6)
pkg_check_modules(LIBXML2 REQUIRED IMPORTED_TARGET libxml-2.0>=2.9)
pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson>=2.13)
pkg_check_modules(PNG REQUIRED IMPORTED_TARGET libpng>=1.6)
pkg_check_modules(ZBAR REQUIRED IMPORTED_TARGET zbar>=0.23)
pkg_check_modules(QRENCODE REQUIRED IMPORTED_TARGET libqrencode>=4.0)
pkg_check_modules(PCSC REQUIRED IMPORTED_TARGET libpcsclite>=1.9)
pkg_check_modules(MICROHTTPD REQUIRED IMPORTED_TARGET libmicrohttpd>=0.9.71)
pkg_check_modules(GNUTLS REQUIRED IMPORTED_TARGET gnutls>=3.7)
if(INKAN_TESTS)
  pkg_check_modules(CUNIT REQUIRED IMPORTED_TARGET cunit)
endif()

# libunistring ships no .pc file.
find_library(UNISTRING_LIBRARY unistring REQUIRED)
find_path(UNISTRING_INCLUDE_DIR uninorm.h REQUIRED)
add_library(Unistring::Unistring UNKNOWN IMPORTED)
set_target_properties(Unistring::Unistring PROPERTIES
  IMPORTED_LOCATION "${UNISTRING_LIBRARY}"
  INTERFACE_INCLUDE_DIRECTORIES "${UNISTRING_INCLUDE_DIR}")
