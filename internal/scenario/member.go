package scenario

import (
	"context"

	"trapline/internal/explore"
)

// Member makes tasks of a search of a scenario that another process leads: see
// explore.Crew.
type Member struct {
	*explore.Member
	systems *Systems
}

// Member makes a member of the crew of s. ctx ends what it does.
func (s Search) Member(ctx context.Context, f *File) (*Member, error) {
	systems, err := s.systems(ctx, f)
	if err != nil {
		return nil, err
	}
	sys, err := systems.New()
	if err != nil {
		systems.Close()
		return nil, err
	}
	return &Member{explore.NewMember(sys), systems}, nil
}

// Do makes a task.
func (m *Member) Do(ctx context.Context, t *explore.Task) *explore.Yield {
	y := m.Member.Do(ctx, t)
	y.Unjudged = m.systems.unjudged()
	return y
}

// Close frees what the member holds.
func (m *Member) Close() {
	m.Member.Close()
	m.systems.Close()
}
