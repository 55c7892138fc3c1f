package scenario

import (
	"context"

	"trapline/internal/format"
	"trapline/internal/loader"
	"trapline/internal/scenario/world"
)

// Assemble makes the image of text.S with GNU as, and its listing. Flaws of
// the source are an *asm.Error whose lines are the scenario file's.
func Assemble(ctx context.Context, f *format.File) (*loader.Image, []byte, error) {
	return world.Assemble(ctx, f)
}

// Assembled is f with its listing, so that the assembler need not run again for
// each of several searches; f itself if it has one, needs none, or cannot be
// assembled, which the search then says.
func (f *File) Assembled(ctx context.Context) *File {
	if f.Source == nil || f.Listing != nil {
		return f
	}
	_, listing, err := world.Assemble(ctx, f.File)
	if err != nil {
		return f
	}
	c := *f
	c.File = f.WithListing(listing)
	return &c
}
