passed
serial: good... [ok]
