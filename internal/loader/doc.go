// Package loader holds programs and kernel text as data: an Image of segments,
// symbols and source lines, and the two forms an Image is read from.
//
//   - ReadELF takes a statically linked i386 or x86-64 ELF executable.
//   - ReadListing takes a listing, the committed, readable and byte-exact form
//     of an assembled source, so that built-in scenarios need no assembler.
//
// Nothing here maps memory or runs anything. Whatever is read may come from
// anywhere: each reader is bounded by Limits and answers bad input with an
// error that says what is wrong and where.
package loader
