-- The same export with its types written down: by_hand.sql then finds this view and sniffs nothing.
create view tickets_csv as
from read_csv(
    getvariable('tickets'),
    auto_detect = false,
    header = true,
    delim = ',',
    quote = '"',
    escape = '"',
    timestampformat = '%Y-%m-%d %H:%M',
    columns = {
        'Summation column': 'VARCHAR',
        'Id': 'BIGINT',
        'Requester id': 'BIGINT',
        'Assignee': 'VARCHAR',
        'Group': 'VARCHAR',
        'Subject': 'VARCHAR',
        'Tags': 'VARCHAR',
        'Status': 'VARCHAR',
        'Priority': 'VARCHAR',
        'Via': 'VARCHAR',
        'Created at': 'TIMESTAMP',
        'Updated at': 'TIMESTAMP',
        'Solved at': 'TIMESTAMP',
        'Satisfaction Score': 'VARCHAR',
        'Group stations': 'INTEGER',
        'Assignee stations': 'INTEGER',
        'Reopens': 'INTEGER',
        'Replies': 'INTEGER',
        'First reply time in minutes': 'INTEGER',
        'First resolution time in minutes': 'INTEGER',
        'Full resolution time in minutes': 'INTEGER'
    }
);
