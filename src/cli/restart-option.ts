export const RESTART_OPTION = {
  restart: {
    type: 'string',
    value: 'no|on-failure[:N]|always|unless-stopped',
    describe: 'whether it is started again when it ends; default no',
  },
} as const;
