package loader

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
)

// A listing is an Image as text, for people and for machines without an
// assembler:
//
//	listing = header { file } { segment }
//	header  = "trapline-listing 1"
//	          "arch" ("i386" | "x86_64")
//	          "base" hex             address of the first segment
//	          "entry" hex
//	          "source" "sha256:" 64 digits
//	file    = "file" NAME decimal  which line of the source text is its first
//	segment = name prot hex "file+"hex { row | symbol | ".bss" hex }
//	name    = ".text" | ".rodata" | ".data"
//	symbol  = address "<"NAME">" kind binding [ "size" hex ]
//	row     = address bytes line [ source text, to the end of the line ]
//	bytes   = pairs of hexadecimal digits, or one pair "*" decimal count
//	line    = [ NAME ":" ] decimal | "-"   of the source text, or of a file
//
// An address is 8 or 16 hexadecimal digits without 0x, by architecture; hex
// has 0x. Rows follow each other without a gap. A symbol may stand anywhere in
// a segment, by custom before the row that holds its address; its name is
// quoted, as in Go, if it has unusual characters. ".bss" gives the zero bytes
// after the last row. Fields are separated by blanks; empty lines and lines
// that start with ";" are skipped. The source text of a row is for the reader
// only.
const listingMagic = "trapline-listing 1"

// Bounds of a listing.
const (
	MaxListing       = 8 << 20  // bytes of text
	MaxListingMemory = 16 << 20 // bytes of memory of the image
	maxListingLine   = 32 << 10 // bytes of text
	rowBytes         = 16       // bytes of memory in one row, an instruction has 15 at most
)

// SourceHash is the SHA-256 of a source text.
type SourceHash [sha256.Size]byte

// HashSource gives the hash that a listing of source carries.
func HashSource(source string) SourceHash { return sha256.Sum256([]byte(source)) }

// String gives the form used in listings, sha256:DIGITS.
func (h SourceHash) String() string { return "sha256:" + hex.EncodeToString(h[:]) }

func parseSourceHash(text string) (SourceHash, error) {
	var h SourceHash
	digits, ok := strings.CutPrefix(text, "sha256:")
	if b, err := hex.DecodeString(digits); ok && err == nil && len(b) == len(h) {
		return SourceHash(b), nil
	}
	return h, fmt.Errorf("source hash %q: expected sha256: and %d hexadecimal digits", text, 2*len(h))
}

// ListingError says where a listing is wrong. The caller knows its file.
type ListingError struct {
	Line int // 1 for the first line of the listing
	Col  int // 1 for the first byte of the line
	Msg  string
}

// Error gives LINE:COL: message.
func (e *ListingError) Error() string { return fmt.Sprintf("%d:%d: %s", e.Line, e.Col, e.Msg) }

// The words of kinds and bindings in a listing, by value.
var (
	kindWords    = []string{NoType: "notype", Function: "func", Object: "object", Indirect: "ifunc"}
	bindingWords = []string{Local: "local", Weak: "weak", Global: "global"}
)

// String gives the word used in listings.
func (k Kind) String() string { return wordOf(kindWords, int(k)) }

// String gives the word used in listings.
func (b Binding) String() string { return wordOf(bindingWords, int(b)) }

func wordOf(words []string, i int) string {
	if i < len(words) {
		return words[i]
	}
	return fmt.Sprintf("unknown(%d)", i)
}

// plainName reports whether a symbol name stands in a listing without quotes.
func plainName(name string) bool {
	return name != "" && !bytes.ContainsFunc([]byte(name), func(r rune) bool {
		return r <= ' ' || r >= 0x7f || r == '"' || r == '<' || r == '>' || r == '\\'
	})
}
