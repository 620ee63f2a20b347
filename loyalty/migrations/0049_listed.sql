-- The lists that a member is on: for whoever asks what is kept of them.
CREATE INDEX member_list_members_member ON member_list_members (member_id);
